import type { OperationBody } from '../../contract/schemas/verification';
import { OperationSchema } from '../../contract/schemas/verification';
import type { Operation } from '../../domain/operation';
import type { ContainerUseCases } from '../../use-cases/containers/port';
import type { OperationUseCases, WaitedFor } from '../../use-cases/operations/port';
import type { Handler } from '../bind';
import { onlyFields } from '../field-order';
import type { Links } from '../links';

/** What may take longer than its caller waits. */

/** Seconds until an operation is worth another look. */
const RETRY_AFTER = { 'Retry-After': '5' } as const;

export function verifyContainer(ask: Pick<ContainerUseCases, 'verifyContainer'>): Handler<'verifyContainer'> {
  return async ({ params: { container }, links }) => waited(await ask.verifyContainer(container), links);
}

export function repairContainer(ask: Pick<ContainerUseCases, 'repairContainer'>): Handler<'repairContainer'> {
  return async ({ params: { container }, query: { confirmShrink = false }, links }) =>
    waited(await ask.repairContainer(container, { confirmShrink }), links);
}

export function getOperation(ask: Pick<OperationUseCases, 'getOperation'>): Handler<'getOperation'> {
  return async ({ params: { id }, links }) => {
    const operation = await ask.getOperation(id);
    const headers = operation.status === 'Running' ? { headers: RETRY_AFTER } : {};
    return { status: 200, ...headers, body: operationBody(operation, links) };
  };
}

export function cancelOperation(ask: Pick<OperationUseCases, 'cancelOperation'>): Handler<'cancelOperation'> {
  return async ({ params: { id }, links }) => {
    const operation = await ask.cancelOperation(id);
    return { status: 202, headers: RETRY_AFTER, body: operationBody(operation, links) };
  };
}

/** The result, or 202 and where to ask for it. */
export function waited<Result>(answer: WaitedFor<Result>, links: Links) {
  if (answer.done) return { status: 200, body: answer.result } as const;
  const body = operationBody(answer.operation, links);
  return { status: 202, headers: { 'Operation-Location': body.links.self, ...RETRY_AFTER }, body } as const;
}

function operationBody(operation: Operation, links: Links): OperationBody {
  return {
    ...onlyFields(operation, OperationSchema),
    links: { self: links.operation(operation.id), container: links.container(operation.container) },
  };
}
