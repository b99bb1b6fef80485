/**
 * Names that are made of hashes: ids may be longer than the cluster's columns, and tell nothing to whoever reads a
 * store.
 */
import { sha256 } from "@noble/hashes/sha2"
import { bytesToHex } from "@noble/hashes/utils"
import type { Target } from "../../Job.ts"

const hash = (...parts: ReadonlyArray<string | null>): string => bytesToHex(sha256(JSON.stringify(parts)))

const scopeLength = 16

/**
 * The server and organization that work is for, in a few characters. It is the name of the shard group: workers of
 * other servers hold no shard of it.
 */
export const scopeOf = ({ apiUrl, organization }: Target): string =>
  hash(apiUrl, organization ?? null).slice(0, scopeLength)

/** The entity of a checkpoint. It begins with the scope. */
export const entityOf = (scope: string, checkpoint: string): string => `${scope}-${hash(checkpoint).slice(0, 32)}`

/** The entity of a job. It begins with the scope. */
export const jobEntityOf = (scope: string, job: number): string => `${scope}-${job}`

/** The shard group of an entity. */
export const groupOf = (entity: string): string => entity.slice(0, scopeLength)

/** Two requests for the same change have the same digest, whatever the order of their projects. */
export const digestOf = (kind: string, checkpoints: ReadonlyArray<string>, projects: ReadonlyArray<string>): string =>
  `sha256:${hash(kind, JSON.stringify([...checkpoints].sort()), JSON.stringify([...projects].sort()))}`
