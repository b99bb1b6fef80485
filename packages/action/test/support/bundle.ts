import type { TestProject } from "vitest/node"
import { startsProcesses } from "../../../../tools/processes.ts"
import { bundle } from "../../bundle.ts"

/** Bundles the action as it is now, before the first test, if a test may start it. */
export const setup = async (project: TestProject): Promise<void> => {
  if (startsProcesses(project)) await bundle()
}
