// Preloaded into a server (`node --import`): when whoever started it is gone, however it went, the server ends too, at once.
process.stdin.on('end', () => process.kill(process.pid, 'SIGINT'));
process.stdin.on('error', () => process.kill(process.pid, 'SIGINT'));
process.stdin.resume();
/** @type {{ unref?: () => void }} */ (process.stdin).unref?.();
