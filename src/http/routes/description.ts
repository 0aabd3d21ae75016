import { openApiDocument } from '../../contract/openapi';
import { PROBLEM_CODES, PROBLEMS, type ProblemCode } from '../../contract/problems';
import type { Handler } from '../bind';

/** What the API says of itself. */

/** `features`: what Vision offers here. */
export function getOpenApi(features?: readonly string[]): Handler<'getOpenApi'> {
  let document: string | undefined;
  return () => {
    document ??= JSON.stringify(openApiDocument(features));
    return { status: 200, mediaType: 'application/json', pieces: whole(document) };
  };
}

/** The page behind `type` of every problem: `/docs/errors#run-active`. Static text of our own, nothing to escape in it. */
export function getErrorPage(): Handler<'getErrorPage'> {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Errors</title><h1>Errors</h1>${PROBLEM_CODES.map(section).join('')}</html>`;
  return () => ({ status: 200, mediaType: 'text/html', pieces: whole(page) });
}

function section(code: ProblemCode): string {
  const { status, title, cause, cure } = PROBLEMS[code];
  return `<h2 id="${code}">${code}</h2><p>${status}: ${title}.</p><p>${cause}</p><p>${cure}</p>`;
}

async function* whole(text: string): AsyncGenerator<string> {
  yield text;
}
