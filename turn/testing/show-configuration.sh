#!/bin/sh
# In coturn's place: prints the configuration it was given.
cat "$2"
