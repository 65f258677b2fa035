// Preloaded into a server (`node --import`): when whoever started it is gone, however it went, the server ends too.
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.on('error', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.resume();
/** @type {{ unref?: () => void }} */ (process.stdin).unref?.();
