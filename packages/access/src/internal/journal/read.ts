import type { Server } from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Entry } from "./model.ts"

const decode = Schema.decodeEither(Schema.parseJson(Entry))

/** The entries of a journal, and how many of its lines are none: a full disk or a killed process leaves one torn. */
export const fromLines = (text: string): { readonly entries: ReadonlyArray<Entry>; readonly torn: number } => {
  const lines = text.split("\n").filter((line) => line.trim() !== "")
  const entries = lines.flatMap((line) => Either.match(decode(line), { onLeft: () => [], onRight: (entry) => [entry] }))
  return { entries, torn: lines.length - entries.length }
}

/** Whether a line is of this server and organization. */
export const isOf =
  ({ apiUrl, organization }: Server) =>
  (entry: Entry): boolean =>
    entry.server === apiUrl && (entry.organization ?? undefined) === organization
