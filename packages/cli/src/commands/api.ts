/** `checkpoint-permissions api list|create|delete`: the plain calls of the API. */

import { PermissionId } from "@checkpoint-permissions/core/Identifiers"
import * as Permission from "@checkpoint-permissions/core/Permission"
import { pluralize, printableLine } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { write } from "../internal/change/change.ts"
import { failed } from "../internal/command/failure.ts"
import { defineCommand, type OptionsOf } from "../internal/command/run.ts"
import { argument, decoded, flag, integer, option, optional } from "../internal/input/option.ts"
import { after, checkpoint, json, project, projects, serverOptions } from "../internal/input/options.ts"
import { permissionPrinter } from "../internal/output/permissions.ts"
import { withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"
import { jsonLine } from "../internal/terminal/style.ts"

/** Parses digits as a number. Returns any other text unchanged, so that the validation refuses it. */
const digits = (text: string): unknown => integer({})(text) ?? text

const listing = {
  checkpoint,
  project: project("Only permissions of this project."),
  after: after("The page after this permission."),
  order: option("order", "order", decoded(Permission.Order)).pipe(
    optional("ascending (oldest first) or descending. Default: that of the server, descending.")
  ),
  limit: option("limit", "number", decoded(Permission.Limit, digits)).pipe(
    optional("Maximum number of permissions. Default: that of the server, 10.")
  ),
  json: flag("json", "Print the page as the API returns it."),
  ...serverOptions
}

const list = (options: OptionsOf<typeof listing>) =>
  withPermissions(options, [options.checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const name = printableLine(options.checkpoint)
      yield* screen.progress(`api list ${name}: reading`)
      const page = yield* permissions.list(options.checkpoint, {
        project_id: Option.getOrUndefined(options.project),
        after: Option.getOrUndefined(options.after),
        order: Option.getOrUndefined(options.order),
        limit: Option.getOrUndefined(options.limit)
      })
      if (options.json) return yield* screen.print(jsonLine(page))
      yield* screen.print(permissionPrinter(false, screen.out.bold)(page.data))
      const last = page.data.at(-1)
      if (last === undefined) yield* screen.warn(`${name} has no permissions on this page`)
      if (page.has_more) {
        yield* screen.warn(
          `more permissions available: ${last === undefined ? "" : `pass --after ${printableLine(last.id)}, or `}use list`
        )
      }
    })
  )

/** @category commands */
export const listPage = defineCommand("api list", listing, list, {
  summary: "List one page of permissions (raw API).",
  examples: {
    "api list ft:gpt-4o:org:weather:B7R9VjQd --limit 100": "the newest hundred"
  }
})

const creating = { checkpoint, projects, json, ...serverOptions }

const sendCreate = ({ checkpoint, json, projects, ...options }: OptionsOf<typeof creating>) =>
  withPermissions(options, [checkpoint], (permissions) =>
    Effect.gen(function* () {
      const screen = yield* Screen.Screen
      const { data } = yield* write({
        command: "api create",
        checkpoint,
        progress: `granting ${pluralize(projects.length, "project")}`,
        send: permissions.create(checkpoint, projects),
        print: ({ data }) => screen.print(permissionPrinter(json, screen.out.bold)(data))
      })
      if (!json) yield* screen.note(`${pluralize(data.length, "permission")} on ${printableLine(checkpoint)}`)
    })
  )

/** @category commands */
export const create = defineCommand("api create", creating, sendCreate, {
  summary: "Create permissions for projects (raw API).",
  details: [
    "Prints the new permissions. The request is repeated only if the server certainly did not execute it; after any other failure, check with list. grant lists first and is safe to repeat."
  ],
  examples: {
    "api create ft:gpt-4o:org:weather:B7R9VjQd proj_a proj_b": "two projects in one request"
  }
})

const permission = argument(
  "permission",
  "The permission, by its id (cp_…), as api list shows it.",
  decoded(PermissionId)
)

const deleting = { checkpoint, permission, json, ...serverOptions }

const sendDelete = ({ checkpoint, json, permission, ...options }: OptionsOf<typeof deleting>) =>
  withPermissions(options, [checkpoint], (permissions) =>
    Effect.gen(function* () {
      const id = printableLine(permission)
      const reply = yield* write({
        command: "api delete",
        checkpoint,
        progress: `deleting ${id}`,
        send: permissions.delete(checkpoint, permission),
        print: (reply) => (reply.deleted ? Screen.print(json ? jsonLine(reply) : `deleted ${id}\n`) : Effect.void)
      })
      if (reply.deleted) return
      if (json) yield* Screen.print(jsonLine(reply))
      return yield* failed(`api delete ${printableLine(checkpoint)}: the server did not delete ${id}: check with list`)
    })
  )

/** @category commands */
export const remove = defineCommand("api delete", deleting, sendDelete, {
  summary: "Delete one permission by id (raw API).",
  details: ["With --json prints the reply: id, object, deleted. revoke takes projects and is safe to repeat."],
  examples: {
    "api delete ft:gpt-4o:org:weather:B7R9VjQd cp_zc4Q7MP6Xx": "list shows the ids"
  }
})
