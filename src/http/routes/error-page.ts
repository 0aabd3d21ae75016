import type { Router } from 'express';
import { PROBLEM_CODES, PROBLEMS, type ProblemCode } from '../../contract/problems';
import { serve } from '../route';

/** The page behind `type` of every problem: `/docs/errors#run-active`. Static text of our own, nothing to escape in it. */
export function errorPageRoutes(router: Router): void {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Errors</title><h1>Errors</h1>${PROBLEM_CODES.map(section).join('')}</html>`;
  serve(router, '/docs/errors', {
    GET: (_req, res) => {
      res.type('html').send(page);
    },
  });
}

function section(code: ProblemCode): string {
  const { status, title, cause, cure } = PROBLEMS[code];
  return `<h2 id="${code}">${code}</h2><p>${status}: ${title}.</p><p>${cause}</p><p>${cure}</p>`;
}
