import type { Server, ServerResponse } from 'node:http';

/** The answers that a listener owes. */
export class OpenAnswers {
  readonly #open = new Set<ServerResponse>();

  constructor(server: Server) {
    server.on('request', (_req, res) => {
      this.#open.add(res);
      res.once('close', () => this.#open.delete(res));
    });
  }

  has(answer: ServerResponse): boolean {
    return this.#open.has(answer);
  }

  /** In the order of their requests. Of several, only the first has the connection as its own yet. */
  on(connection: object): ServerResponse[] {
    return [...this.#open].filter(({ req }) => req.socket === connection);
  }
}
