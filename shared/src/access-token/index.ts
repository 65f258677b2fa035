export * from './claims.ts';
export * from './create.ts';
