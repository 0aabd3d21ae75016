import type { CheckStatusBody } from '../../contract/schemas/durable';
import type { RunUseCases } from '../../use-cases/runs/port';
import type { Handler } from '../bind';

/** The starter of the tutorial. Other parameters are ignored, as Azure Functions ignored them (`code`). */
export function startByTutorial(
  ask: Pick<RunUseCases, 'startRun'>,
): Handler<'startByTutorialGet' | 'startByTutorialPost'> {
  return async ({ query: { container }, links }) =>
    checkStatus(links.management((await ask.startRun({ container })).id));
}

/** The check-status response: where to ask, and every link to command the run. */
export function checkStatus(body: CheckStatusBody) {
  return { status: 202, headers: { Location: body.statusQueryGetUri, 'Retry-After': '10' }, body } as const;
}
