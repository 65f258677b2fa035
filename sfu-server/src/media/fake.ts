/** Media without a worker, for tests: start with a `FakeWorker`. */
export { FakeConsumer } from './fake/consumer.ts';
export { FakeDirect } from './fake/direct.ts';
export { FakeLevels } from './fake/levels.ts';
export { FakePipe } from './fake/pipe.ts';
export { FakeProducer } from './fake/producer.ts';
export { FakeRouter } from './fake/router.ts';
export { FakeTransport } from './fake/transport.ts';
export { FakeWorker } from './fake/worker.ts';
