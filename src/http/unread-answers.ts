import type { Server } from 'node:http';
import type { OpenAnswers } from './open-answers';

/**
 * Cuts connections whose reader takes nothing of its answer: each would stay busy for ever, and busy ones are closed for
 * nobody.
 *
 * I1 An answer that is still being made may be silent for as long as that takes.
 */
export function cutUnread(server: Server, answers: OpenAnswers, afterMs: number): void {
  // Node calls this when nothing came or went for so long, and on connections that are kept, after keepAliveTimeout.
  server.setTimeout(afterMs, (socket) => {
    const isBeingMade = socket.writableLength === 0 && answers.on(socket).length > 0;
    if (!isBeingMade) socket.destroy(); // I1
  });
}
