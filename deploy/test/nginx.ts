import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { read } from './expressions.ts';

/** The shipped configuration of nginx in a folder, filled in as envsubst does. @returns the path of `nginx.conf` */
export async function writeNginx(folder: string, env: Readonly<Record<string, string>>): Promise<string> {
  const site = read('nginx/parley.conf.template').replace(/\$\{(\w+)\}/g, (all, name: string) => env[name] ?? all);
  await mkdir(join(folder, 'conf.d'), { recursive: true });
  await writeFile(join(folder, 'conf.d/parley.conf'), site);
  const path = join(folder, 'nginx.conf');
  // Others may run tests on this machine too.
  await writeFile(path, read('nginx/nginx.conf').replaceAll('/tmp/', `${folder}/`));
  return path;
}

/** For its command line: nothing is written outside of the folder, and it stays our child. */
export const nginxArguments = (folder: string, configuration: string): string[] => [
  ...['-p', folder, '-c', configuration, '-e', 'stderr'],
  ...['-g', `daemon off; pid ${join(folder, 'nginx.pid')};`],
];
