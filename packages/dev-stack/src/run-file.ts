/**
 * Reads `dapr.yaml`, the very file that `dapr run -f .` uses, so that both ways run the same thing.
 *
 * I1 A setting that is not understood here is refused by name, never passed over in silence.
 *
 * Source: dapr/cli 1.16 `pkg/runfileconfig`: settings of an app win over `common`; paths under `common` are relative to
 * the file, those of an app to its `appDirPath`.
 */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { Problem } from './problem';

const shared = {
  resourcesPaths: z.array(z.string()).optional(),
  configFilePath: z.string().optional(),
  appProtocol: z.string().optional(),
  placementHostAddress: z.string().optional(),
  schedulerHostAddress: z.string().optional(),
  maxBodySize: z.string().optional(),
  readBufferSize: z.string().optional(),
  logLevel: z.string().optional(),
  appMaxConcurrency: z.number().int().optional(),
  enableApiLogging: z.boolean().optional(),
  enableAppHealthCheck: z.boolean().optional(),
  appHealthCheckPath: z.string().optional(),
  appHealthProbeInterval: z.number().int().optional(),
  appHealthProbeTimeout: z.number().int().optional(),
  appHealthThreshold: z.number().int().optional(),
  env: z.record(z.string(), z.coerce.string()).optional(),
};

const port = z.number().int().min(1).max(65_535);

const app = z.strictObject({
  ...shared,
  appID: z.string(),
  appDirPath: z.string(),
  appPort: port,
  daprHTTPPort: port,
  daprGRPCPort: port,
  command: z.array(z.string()).min(1),
});

const file = z.strictObject({
  version: z.literal(1),
  name: z.string().optional(),
  common: z.strictObject(shared).optional(),
  apps: z.array(app).length(1),
});

type AppSettings = z.infer<typeof app>;

/** The one app of the run file, with the common settings folded in and every path absolute. */
export type RunPlan = AppSettings & { readonly resourcesPaths: string[] };

export function readRunFile(path: string): RunPlan {
  return planOf(readFileSync(path, 'utf8'), path);
}

export function planOf(text: string, path: string): RunPlan {
  const parsed = file.safeParse(parse(text));
  if (!parsed.success) {
    throw new Problem(`${path}is not valid: ${describe(parsed.error)}.`, 'Repair it, or restore it from git.', 2);
  }
  const folder = dirname(path);
  const common = parsed.data.common ?? {};
  const [own] = parsed.data.apps;
  if (!own) throw new Error('unreachable: the schema wants one app');
  const appDir = resolve(folder, own.appDirPath);
  const configFilePath = own.configFilePath
    ? resolve(appDir, own.configFilePath)
    : common.configFilePath && resolve(folder, common.configFilePath);
  return {
    ...common,
    ...own,
    appDirPath: appDir,
    resourcesPaths: own.resourcesPaths
      ? own.resourcesPaths.map((each) => resolve(appDir, each))
      : (common.resourcesPaths ?? []).map((each) => resolve(folder, each)),
    ...(configFilePath && { configFilePath }),
    env: { ...common.env, ...own.env },
  };
}

/** The command with `node` meaning the Node that runs us, and a script path made absolute: the process list says which. */
export function commandOfPlan(plan: RunPlan): [string, ...string[]] {
  const [program = 'node', ...rest] = plan.command;
  if (program !== 'node') return [program, ...rest];
  const [script = '', ...more] = rest;
  return [process.execPath, isAbsolute(script) ? script : resolve(plan.appDirPath, script), ...more];
}

function describe(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`).join('; ');
}
