/** An inventory out of a file, and whether it is of the organization that is asked. */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { printable } from "@checkpoint-permissions/access/TerminalText"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { refused } from "../failure.ts"
import type { Connection } from "../server/server.ts"
import { inDocument, readDocument } from "./document.ts"
import { file } from "./parameters.ts"

export const inventory = file(
  "inventory",
  "What discover --out saved: names, owners, who granted what, and what retires. Its checkpoints, if no others are named."
)

export const load = (path: Option.Option<string>) =>
  Effect.transposeMapOption(path, (name) =>
    Effect.flatMap(readDocument("inventory", name, ["inventory"]), (document) =>
      inDocument(document)(Inventory.fromJson(document.text))
    )
  )

/** As many projects as one request lists. */
const onePage = 100

/**
 * The projects of the organization that is asked. Fails unless the inventory is of the server and shares one of them:
 * after one request.
 */
export const checkIsOf = Effect.fnUntraced(function* (
  { apiUrl, projects }: Inventory.Inventory,
  { apiUrl: asked, organizationLists }: Connection
) {
  if (apiUrl !== asked) {
    return yield* refused(
      `the inventory is of ${printable(apiUrl)}, not of ${printable(asked)}: make it anew with discover`
    )
  }
  const lists = yield* organizationLists
  const known = new Set<string>(projects.list.map(({ id }) => id))
  const readAt = yield* DateTime.now
  const { all, shares } = yield* Stream.runFoldEffect(
    lists.projects({ includeArchived: true }),
    { all: Chunk.empty<Inventory.InventoryProject>(), shares: false },
    ({ all, shares }, project) =>
      !shares && Chunk.size(all) === onePage
        ? stranger
        : Effect.succeed({
            all: Chunk.append(all, Inventory.projectOf(readAt)(project)),
            shares: shares || known.has(project.id)
          })
  )
  return shares ? Chunk.toReadonlyArray(all) : yield* stranger
})

const stranger = refused(
  "the inventory shares no project with this organization: make it anew with discover, or use its key"
)

/**
 * Fails unless a saved audit shares a project with the organization that is asked: most often one request says so. A key
 * that may not list projects cannot tell.
 */
export const checkAuditIsOf = Effect.fnUntraced(
  function* (audit: AccessMatrix.AccessMatrix, { organizationLists }: Connection) {
    const known = new Set<string>(AccessMatrix.projects(audit))
    const lists = yield* organizationLists
    const all = lists.projects({ includeArchived: true })
    const strangers = yield* Stream.runFoldWhile(
      all,
      0,
      (count) => count >= 0,
      (count, { id }) => (known.has(id) ? -1 : count + 1)
    )
    if (known.size > 0 && strangers > 0) {
      return yield* refused("the audit shares no project with this organization: audit anew, or use its key")
    }
  },
  Effect.catchTag("PermissionDeniedError", "MissingScopeError", () => Effect.void)
)
