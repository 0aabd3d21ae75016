import { join } from 'node:path';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';
import { daprdArguments } from '../../../packages/dev-stack/src/daprd-command';
import { createPortBook } from '../../../packages/dev-stack/src/ports';
import { commandOfPlan, planOf, readRunFile } from '../../../packages/dev-stack/src/run-file';
import { chooseStackPorts } from '../../../packages/dev-stack/src/stack-ports';

const APP =
  'appID: a\n    appDirPath: app\n    appPort: 1\n    daprHTTPPort: 2\n    daprGRPCPort: 3\n    command: [node, x.js]';

test('the run file of the checkout is understood, its paths absolute', () => {
  const plan = readRunFile(join(CHECKOUT, 'dapr.yaml'));
  expect(plan).toMatchObject({
    appID: 'contactsheet',
    appPort: 3000,
    daprHTTPPort: 3500,
    daprGRPCPort: 50_001,
    maxBodySize: '16Mi',
    resourcesPaths: [join(CHECKOUT, 'components')],
    configFilePath: join(CHECKOUT, 'components', 'config', 'config.yaml'),
  });
  expect(commandOfPlan(plan)).toEqual([process.execPath, join(CHECKOUT, 'dist', 'app.js')]);
});

test('an app wins over common; paths are relative to the file or to the app', () => {
  const text = `version: 1\ncommon:\n  logLevel: warn\n  resourcesPaths: [shared]\n  env: {A: 1, B: x}\napps:\n  - ${APP}\n    logLevel: debug\n    env: {B: y}\n    configFilePath: own.yaml\n`;
  const plan = planOf(text, '/checkout/dapr.yaml');
  expect(plan.logLevel).toBe('debug');
  expect(plan.env).toEqual({ A: '1', B: 'y' });
  expect(plan.resourcesPaths).toEqual(['/checkout/shared']);
  expect(plan.configFilePath).toBe('/checkout/app/own.yaml');
});

test('a setting that the launcher does not know is refused by name', () => {
  expect(() => planOf(`version: 1\napps:\n  - ${APP}\n    unixDomainSocket: /s\n`, '/f/dapr.yaml')).toThrow(
    /unixDomainSocket/,
  );
});

test('daprd gets the ports in use, on loopback, and what the file says', async () => {
  const plan = readRunFile(join(CHECKOUT, 'dapr.yaml'));
  const ports = await chooseStackPorts(createPortBook({ everywhereFree: true }), plan);
  const words = daprdArguments(plan, ports);
  const after = (flag: string) => words[words.indexOf(flag) + 1];
  expect(after('--dapr-http-port')).toBe(String(ports.sidecarHttp));
  expect(after('--app-port')).toBe(String(ports.appChannel));
  expect(after('--scheduler-host-address')).toBe(`127.0.0.1:${ports.scheduler}`);
  expect(after('--dapr-listen-addresses')).toBe('127.0.0.1');
  expect(after('--max-body-size')).toBe('16Mi');
  expect(after('--resources-path')).toBe(join(CHECKOUT, 'components'));
  expect(words).not.toContain('undefined');
  expect(new Set(Object.values(ports)).size).toBe(Object.values(ports).length);
});

test('API_PORT that is no port is left to the app, which reports everything that is wrong', async () => {
  const plan = readRunFile(join(CHECKOUT, 'dapr.yaml'));
  const ports = await chooseStackPorts(createPortBook({ everywhereFree: true }), plan, 'none');
  expect(ports.api).toBeGreaterThan(0);
});
