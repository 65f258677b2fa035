import type { types } from 'mediasoup';
import type { WorkerCall } from '../call.ts';
import type { Flow, Received, Traffic } from '../traffic.ts';

/** Has `traffic` know of all producers and consumers that come to be on a worker, by whichever way they end. */
export function followTraffic(worker: types.Worker, traffic: Traffic, call: WorkerCall): void {
  worker.observer.on('newrouter', (router) => {
    const consumersOf = new Map<string, Set<types.Consumer>>();
    router.observer.on('newtransport', (transport) => {
      const isNetwork = transport.type !== 'direct';
      transport.observer.on('newproducer', (producer) => {
        const consumers = new Set<types.Consumer>();
        consumersOf.set(producer.id, consumers);
        const read = () => call('producerStats', producer.getStats().then(sum));
        const flow: Flow = { read, fromNetwork: isNetwork, producer, consumers };
        traffic.add(flow);
        producer.observer.once('close', () => {
          consumersOf.delete(producer.id);
          traffic.remove(flow);
        });
      });
      // What comes to this process is not sent to anybody.
      if (!isNetwork) return;
      transport.observer.on('newconsumer', (consumer) => {
        const consumers = consumersOf.get(consumer.producerId);
        consumers?.add(consumer);
        consumer.observer.once('close', () => consumers?.delete(consumer));
      });
    });
  });
}

/** A producer has a count for each of its streams. */
function sum(streams: readonly types.ProducerStat[]): Received {
  let [packets, bytes] = [0, 0];
  for (const { packetCount, byteCount } of streams) {
    packets += packetCount;
    bytes += byteCount;
  }
  return { packets, bytes };
}
