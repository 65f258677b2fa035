export * from './constants.ts';
export * from './events.ts';
export * from './requests.ts';
