import * as z from 'zod';

/** `uploads/<name>.json`: a multipart upload under way. Gone when it is completed or aborted. */
export const uploadRecord = z.object({
  /** Destination key. */
  key: z.string().min(1),
  id: z.string().min(1),
  /** Of the source object that it copies, without quotes: another one is another upload. */
  sourceEtag: z.string().min(1),
  /** Two of the same bytes may differ in all else. Milliseconds since the epoch; the version where all of them are copied. */
  sourceModified: z.int(),
  sourceVersion: z.string().optional(),
  /** Bytes of each part, in order. */
  parts: z.array(z.int().min(0)).min(1),
  /** Where it goes and what it is given, as text: with other settings it is another upload. */
  settings: z.string().optional(),
  checksum: z
    .object({
      algorithm: z.enum(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']),
      type: z.enum(['FULL_OBJECT', 'COMPOSITE']),
    })
    .optional(),
});
export type UploadRecord = z.infer<typeof uploadRecord>;
