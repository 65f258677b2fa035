export * from './caller.ts';
export * from './events.ts';
export * from './inspection.ts';
export * from './node.ts';
export * from './proof.ts';
export * from './registration.ts';
export * from './requests.ts';
export * from './socket.ts';
