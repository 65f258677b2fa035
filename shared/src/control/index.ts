export * from './events.ts';
export * from './requests.ts';
export * from './socket.ts';
