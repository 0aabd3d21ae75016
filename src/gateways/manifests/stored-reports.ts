import { createHash } from 'node:crypto';
import { inPieces } from '../../domain/bytes';
import { type ChunkRef, manifestKeys } from '../../domain/ids';
import type { ImageOutcome } from '../../domain/run/report';
import { readReport, type ReportInPieces } from '../../domain/run/stored-records';
import type { Sidecar } from '../sidecar/sidecar';
import type { ManifestsGateway } from './port';

/** A line takes 5,000 bytes at most: no report of so few is in pieces. */
const LINES_IN_ONE = 200;

/**
 * Reports of chunks. A chunk has at most 100 images that are listed, and any number that are gone: its report is cut into
 * pieces where one would be more than the sidecar takes.
 *
 * I1 The pieces are written before what names them. A report of which a piece is lost is lost.
 * I2 What names the pieces holds their hashes: its own hash proves every line.
 */
export function createStoredReports(
  sidecar: Pick<Sidecar, 'getState' | 'saveState' | 'deleteState'>,
  component: string,
): Pick<ManifestsGateway, 'readReport' | 'writeReport' | 'readReportText'> & {
  /** `lines`: as far as it is known. */
  deleteReport(ref: ChunkRef, lines?: number): Promise<void>;
} {
  async function linesOf(ref: ChunkRef, { pieces }: ReportInPieces): Promise<readonly ImageOutcome[] | undefined> {
    const lines: ImageOutcome[] = [];
    for (const [piece, sha256] of pieces.entries()) {
      const stored = await sidecar.getState(component, manifestKeys.reportPiece(ref, piece));
      if (stored === undefined || hashOf(stored.text) !== sha256) return undefined; // I1
      for (const line of stored.value as readonly ImageOutcome[]) lines.push(line);
    }
    return lines;
  }

  return {
    async readReport(ref) {
      const stored = await sidecar.getState(component, manifestKeys.report(ref));
      if (stored === undefined) return undefined;
      const report = readReport(stored.value);
      return 'pieces' in report ? linesOf(ref, report) : report;
    },

    async writeReport(ref, outcomes) {
      const pieces = inPieces(outcomes);
      if (pieces.length === 1) {
        await sidecar.saveState(component, manifestKeys.report(ref), outcomes);
        return;
      }
      const hashes: string[] = [];
      for (const [piece, lines] of pieces.entries()) {
        const key = manifestKeys.reportPiece(ref, piece);
        await sidecar.saveState(component, key, lines);
        // The sidecar sorts fields: only what it gives back is what others will read.
        hashes.push(hashOf((await sidecar.getState(component, key))?.text ?? ''));
      }
      const report: ReportInPieces = { schema: 2, lines: outcomes.length, pieces: hashes };
      await sidecar.saveState(component, manifestKeys.report(ref), report);
    },

    async readReportText(ref) {
      const stored = await sidecar.getState(component, manifestKeys.report(ref));
      if (stored === undefined) return undefined;
      const report = readReport(stored.value);
      return 'pieces' in report && (await linesOf(ref, report)) === undefined ? undefined : stored.text;
    },

    async deleteReport(ref, lines = Number.POSITIVE_INFINITY) {
      const key = manifestKeys.report(ref);
      const stored = lines <= LINES_IN_ONE ? undefined : await sidecar.getState(component, key);
      const report = stored && readReport(stored.value);
      const pieces = report && 'pieces' in report ? report.pieces.length : 0;
      for (let piece = 0; piece < pieces; piece += 1) {
        await sidecar.deleteState(component, manifestKeys.reportPiece(ref, piece));
      }
      await sidecar.deleteState(component, key);
    },
  };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
