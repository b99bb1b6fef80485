/** An inventory as a table, as lines and as a file. */
import { ascii, pluralize, printable } from "@checkpoint-permissions/protocol/text"
import { jsonLines } from "../json.ts"
import { columnsOf, day, fitted, joinLines, sentences, wrap } from "../text/columns.ts"
import { type Columns, tabbed } from "../text/formats.ts"
import { Inventory, type InventoryCheckpoint, type InventoryProject } from "./inventory.ts"

/** Returns the name of a project, or its id if it has none, marked if it is archived. */
export const labelOf = ({ projects }: Inventory, id: string): string => {
  const project = projects.list.find((one) => one.id === id)
  const name = project?.name?.trim() || ascii(id)
  return project?.archivedAt == null ? name : `${name} (archived)`
}

const projectsWithKey = ({ keys, projects }: Inventory): ReadonlyArray<InventoryProject> => {
  const worked = new Set(keys.flatMap(({ failure, project }) => (failure === null ? [project] : [])))
  return projects.list.filter(({ id }) => worked.has(id))
}

/**
 * Returns the sources of an inventory on one line: `log since 2026-05-12, 3 of 40 projects with a key`.
 *
 * @category rendering
 */
export const sources = (inventory: Inventory): string => {
  const { checkpoints, log, projects } = inventory
  const count = (source: InventoryCheckpoint["sources"][number]) =>
    checkpoints.filter(({ sources }) => sources.includes(source)).length
  const keyed = projectsWithKey(inventory).length
  const oldest = log?.oldest == null ? undefined : day(log.oldest)
  const parts = [
    log !== null && log.failure === null && (oldest === undefined ? "no event in the log" : `log since ${oldest}`),
    log !== null &&
      log.failure !== null &&
      `log not read${oldest === undefined ? "" : ` before ${oldest}`}: ${printable(log.failure)}`,
    keyed > 0 && `${keyed} of ${pluralize(projects.list.length, "project")} with a key`,
    count("policy") > 0 && `${count("policy")} in policies`,
    count("list") > 0 && `${count("list")} listed`
  ]
  return parts.filter((part) => part !== false).join(", ")
}

const gaps = (inventory: Inventory): ReadonlyArray<string> => {
  const { checkpoints, keys, projects } = inventory
  const without = projects.list.length - projectsWithKey(inventory).length
  const undated = checkpoints.filter(({ sources }) => !sources.includes("model") && !sources.includes("job")).length
  return sentences([
    projects.failure !== null && `projects not listed: ${projects.failure}`,
    without > 0 && `${pluralize(without, "project")}: no working key, checkpoints known only from the audit log`,
    ...keys.map(
      ({ failure, project }) => failure !== null && `key of ${labelOf(inventory, project)} does not work: ${failure}`
    ),
    undated > 0 && `${pluralize(undated, "checkpoint")}: retirement date unknown (no project key)`,
    checkpoints.some(({ granted }) => granted.length > 0) &&
      "PROJECTS lists grants in the audit log without a later revoke. Run audit for the current state"
  ]).map((line) => printable(line))
}

/** Options of an inventory as text. */
export interface InventoryOptions {
  /** The checkpoints to show. Default: all. */
  readonly checkpoints?: ReadonlyArray<InventoryCheckpoint> | undefined
  /** The width of a table, in columns. Default: no limit. Lines have no limit. */
  readonly width?: number | undefined
}

const projectsOf = ({ granted, owner }: InventoryCheckpoint): ReadonlyArray<string> =>
  [...new Set(granted.flatMap(({ project }) => project ?? []))].filter((id) => id !== owner).sort()

const titles = ["CHECKPOINT", "OWNER", "PROJECTS", "RETIRES", "KNOWN BY"] as const

const cellsOf = (inventory: Inventory, one: InventoryCheckpoint): ReadonlyArray<string> => {
  const projects = projectsOf(one).map((id) => labelOf(inventory, id))
  return [
    ascii(one.checkpoint),
    one.owner === null ? "unknown" : labelOf(inventory, one.owner),
    projects.length === 0 ? "-" : projects.sort().join(", "),
    one.retires ?? "-",
    one.sources.join(", ")
  ].map((cell) => printable(cell))
}

/**
 * Returns a table if it fits, otherwise a few lines for each checkpoint. Sources and gaps are below it. The projects
 * shown have a grant in the log without a later revoke.
 *
 * @category rendering
 */
export const toTable = (
  inventory: Inventory,
  { checkpoints = inventory.checkpoints, width }: InventoryOptions = {}
): string => {
  const columns = columnsOf(width)
  const rows = checkpoints.map((one) => cellsOf(inventory, one))
  const table = fitted(titles, rows, columns)
  const text = [`${pluralize(checkpoints.length, "checkpoint")}: ${sources(inventory)}.`, ...gaps(inventory)]
  return joinLines([...table, ...(table.length === 0 ? [] : [""]), ...text.flatMap((line) => wrap(line, columns))])
}

const columns: Columns<InventoryCheckpoint> = [
  ["checkpoint", ({ checkpoint }) => ascii(checkpoint)],
  ["owner", ({ owner }) => ascii(owner ?? "")],
  ["projects", (one) => ascii(projectsOf(one).join(","))],
  ["retires", ({ retires }) => retires ?? undefined],
  ["sources", ({ sources }) => sources.join(",")],
  ["base_model", ({ baseModel }) => baseModel ?? undefined]
]

/**
 * Returns a line for each checkpoint, without a header, its cells separated by tabs: checkpoint, owner, projects with a
 * grant in the log, retirement, sources, base model.
 *
 * @category rendering
 */
export const toLines = (inventory: Inventory, { checkpoints = inventory.checkpoints }: InventoryOptions = {}): string =>
  tabbed(columns, checkpoints)

/**
 * Returns the inventory as JSON, with a line for each checkpoint.
 *
 * @category files
 */
export const toJson: (inventory: Inventory) => string = jsonLines(Inventory, "checkpoints")
