import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '../../src/contract/openapi';
import { aPublicApp } from './listening';

const ROOT = join(__dirname, '../..');
const COPY = join(ROOT, 'openapi.json');

/** As JSON text, so that the order of keys counts too. */
function text(document: unknown): string {
  return JSON.stringify(document, null, 2);
}

describe('the OpenAPI document', () => {
  // UPDATE_OPENAPI=1 npx jest --selectProjects http test/http/openapi
  if (process.env.UPDATE_OPENAPI === '1') {
    writeFileSync(COPY, text(openApiDocument()));
    execFileSync('npx', ['biome', 'format', '--write', 'openapi.json'], { cwd: ROOT, stdio: 'ignore' });
  }

  test('its copy is the one that is served', async () => {
    const copy: unknown = JSON.parse(readFileSync(COPY, 'utf8'));
    const response = await aPublicApp().api.get('/openapi.json');
    expect([response.status, response.type]).toEqual([200, 'application/json']);
    expect(text(response.body)).toBe(text(copy));
  });

  test.each([
    [['Tags', 'Color'], 'smartCrops'],
    [['tags', 'smartCrops'], 'Color'],
  ])('an installation that has %j does not list %s', async (features, other) => {
    const { body } = await aPublicApp({ features }).api.get('/openapi.json');
    const { description } = body.components.schemas.Features;
    expect(description).toContain(`This installation has ${features.join(', ')}.`);
    expect(description).not.toContain(other);
  });

  test('is OpenAPI 3.1 with an id, a summary and refusals for every operation of the API', () => {
    const document = openApiDocument();
    expect(document.openapi).toBe('3.1.0');
    const ids = new Set<string>();
    for (const [path, item] of Object.entries(document.paths ?? {})) {
      for (const operation of [item.get, item.post, item.put, item.delete].filter((one) => one !== undefined)) {
        expect(operation.summary).toBeTruthy();
        ids.add(operation.operationId ?? '');
        if (path.startsWith('/api/')) expect(Object.keys(operation.responses ?? {})).toContain('400');
      }
    }
    expect(ids.size).toBe(
      Object.values(document.paths ?? {}).flatMap((item) =>
        [item.get, item.post, item.put, item.delete].filter(Boolean),
      ).length,
    );
  });

  test('a linter finds nothing to say of it', () => {
    const linter = join(ROOT, 'node_modules/@redocly/cli/bin/cli.js');
    const { status, stderr } = spawnSync(process.execPath, [linter, 'lint', COPY, '--format', 'summary'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, expect.stringContaining('Your API description is valid')]);
  });

  test('every operation it lists is there, and every parameter of a path is declared', async () => {
    const { api } = aPublicApp();
    for (const [path, item] of Object.entries(openApiDocument().paths ?? {})) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const url = path.replace('{container}', 'photos').replace(/\{\w+\}/g, 'x');
      for (const verb of (['get', 'post', 'put', 'delete'] as const).filter((one) => item[one])) {
        const declared = (item[verb]?.parameters ?? []).flatMap((one) =>
          'in' in one && one.in === 'path' ? [one.name] : [],
        );
        expect([path, declared]).toEqual([path, names]);
        const response = await api[verb](url);
        expect(['route-not-found', 'method-not-allowed']).not.toContain(response.get('x-ms-error-code'));
      }
    }
  });
});
