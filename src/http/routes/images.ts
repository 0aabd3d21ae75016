import { ImageSchema } from '../../contract/schemas/image';
import type { ImageHistoryBody } from '../../contract/schemas/image-history';
import { defined } from '../../domain/defined';
import { adviceFor, adviceOn } from '../../domain/image/advice';
import type { Attempt, ImageDocument } from '../../domain/image/image';
import type { ContainerUseCases } from '../../use-cases/containers/port';
import type { Handler } from '../bind';
import { onlyFields } from '../field-order';
import type { Links } from '../links';

export function listImages(ask: Pick<ContainerUseCases, 'listImages'>): Handler<'listImages'> {
  return async ({ params: { container }, query: { status, tag, ...page }, pages }) => {
    const filter = defined({ status, tag: tag?.toLowerCase() });
    const images = await ask.listImages(container, filter, await pages.asked(page));
    return { status: 200, body: await pages.shown(images, imageBody) };
  };
}

export function getImage(ask: Pick<ContainerUseCases, 'getImage'>): Handler<'getImage'> {
  return async ({ params: { container, blob } }) => ({
    status: 200,
    body: imageBody(await ask.getImage(container, blob)),
  });
}

export function getImageHistory(ask: Pick<ContainerUseCases, 'getImage'>): Handler<'getImageHistory'> {
  return async ({ params: { container, blob }, links }) => ({
    status: 200,
    body: historyBody(await ask.getImage(container, blob), links),
  });
}

function imageBody(image: ImageDocument): ImageDocument {
  return onlyFields(image, ImageSchema);
}

function historyBody(image: ImageDocument, links: Links): ImageHistoryBody {
  const { container, blob, status, reason, error, source, runId, analyzedAt, attempts } = image;
  const advice = adviceFor(image);
  return {
    container,
    blob,
    status,
    ...defined({ reason, error, source }),
    runId,
    analyzedAt,
    ...defined({ advice }),
    attempts: attempts.map((attempt) => attemptBody(attempt, links)),
    links: { image: links.image(container, blob), run: links.run(runId) },
  };
}

function attemptBody(attempt: Attempt, links: Links): ImageHistoryBody['attempts'][number] {
  const { code, retryable, runId } = attempt;
  const advice = code === undefined ? {} : { advice: adviceOn(code, retryable) };
  return { ...attempt, ...advice, links: { run: links.run(runId) } };
}
