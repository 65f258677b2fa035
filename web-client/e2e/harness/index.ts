export { CHORDS, TONES } from '../page/tones.ts';
export { launchBrowser, openTab } from './browser.ts';
export { type Expectation, everyoneHearsEveryone, expectMatrix, hear } from './hearing.ts';
export { JoinError, type JoinSettings, Person } from './person.ts';
export { Platform, type PlatformOptions, type Settings } from './platform.ts';
export { play, Scene } from './scene.ts';
export { pause, TimeoutError, until } from './until.ts';
