import type { Analyzer, ImageAnalysis } from '../../domain/image/analysis';

/**
 * What Vision has said about bytes, whatever their name and container (Cosmos DB `AnalysisResult/AnalysisCache`).
 *
 * I1 One holder at a time pays for a key. The holder calls. The others wait for the answer or the end of the lease.
 * I2 Features are merged in as they are paid for; an entry never loses one.
 * I3 Whoever claims a key learns of every call that was begun under it and answered to nobody: leases that were left behind,
 *    and what was given back with a claim. Each may have been billed. Where the answer is there too, it is granted all
 *    the same, to one who saves a document and so tells of them. Once told, with an answer, it is told to nobody else.
 * I4 What is known by listing is a note beside the answer, for quotes: it may be missing, and nothing is answered by it.
 *
 * Every method: @throws AppError results-unavailable (retryable), results-forbidden.
 */
export interface CacheGateway {
  /** Asks for the answer, or for the right to pay for it. `key`: of bytes and analyzer; `wanted`: features. */
  claim(key: string, wanted: readonly string[], claimant: Claimant): Promise<Claim>;
  /**
   * The answer of a claimed call, and the key under which a listing shows the same bytes. `unheard`: calls that whoever saves
   * a document next is to tell of (RFC 3339). False when somebody else holds the claimed key by now: the entry is theirs.
   */
  put(claim: Granted, answer: CachedAnswer, listedKey?: string, unheard?: readonly string[]): Promise<boolean>;
  /** Features that are answered, by listed key; keys that nobody has noted are absent. */
  known(listedKeys: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /**
   * Gives a claim back without an answer. `unheard`: calls that no document tells of, for the next claimant (RFC 3339).
   * Idempotent: a claim that somebody else has taken over stays.
   */
  release(claim: Granted, unheard?: readonly string[]): Promise<void>;
}

/** Who claims a key, and for how long. */
export interface Claimant {
  /** A later execution of the same holder takes its own lease over at once. */
  readonly holder: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** How long others wait for the answer, in milliseconds. */
  readonly leaseMs: number;
  /** A holder that has ended: what it left behind need not run out. */
  readonly over?: string;
  /** It saves no document: it takes an answer as it is, and leaves what is to be told to others (I3). */
  readonly savesNothing?: true;
}

/** What Vision has answered, who answered it, and the call that was paid for it. */
export interface CachedAnswer {
  readonly analysis: ImageAnalysis;
  readonly analyzer: Analyzer;
  readonly paid: Payment;
}

/** The call that answered last. */
export interface Payment {
  /** Its claimant, and the blob it was made for: a later execution counts the call as its own, for this blob alone. */
  readonly holder: string;
  readonly blob: string;
  /** RFC 3339. */
  readonly at: string;
  readonly transactions: number;
  /** Calls before it whose answer nobody has read, of the same blob (RFC 3339). Absent: none. */
  readonly unheard?: readonly string[];
}

/** What a claim gets: the answer, somebody else's claim, or the right to pay for what is not known. */
export type Claim = { readonly state: 'hit'; readonly answer: CachedAnswer } | Busy | Granted;

/** Somebody else pays for the key now. */
export interface Busy {
  readonly state: 'busy';
  /** Absent: another claim was faster just now. */
  readonly holder?: string;
}

/** The right to pay for the key. */
export interface Granted {
  readonly state: 'granted';
  readonly key: string;
  /** Of the entry as it was claimed (ETag): whoever takes the claim over changes it. */
  readonly version: string;
  /** What is known already: with other features, or all of it (I3). */
  readonly known?: CachedAnswer;
  /** When calls may have been begun whose answer nobody has read, oldest first (RFC 3339). Absent: none (I3). */
  readonly unheard?: readonly string[];
}
