import * as z from 'zod';
import { evidences } from './outcome.js';

/** What shows that a destination object is the copy of a source object although their ETags differ. */
export const proof = z.object({
  /** Of the source object that was copied, without quotes. */
  source: z.string().min(1),
  /** Of the destination object, as S3 answered it. */
  destination: z.string().min(1),
  evidence: z.enum(evidences),
});
export type Proof = z.infer<typeof proof>;

/** One line of a proofs file: a proof, and the source object, or version, that it is about. */
export const proofLine = proof.extend({ key: z.string(), versionId: z.string().optional() });
export type ProofLine = z.infer<typeof proofLine>;

/** One file of proofs, its lines sorted by key in UTF-8 byte order; `first` and `last` inclusive. */
export const proofsFile = z.object({ key: z.string(), rows: z.int().min(1), first: z.string(), last: z.string() });
export type ProofsFile = z.infer<typeof proofsFile>;
