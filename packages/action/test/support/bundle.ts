import { bundle } from "../../bundle.ts"

/** Bundles the action as it is now, before the first test. */
export const setup = (): Promise<void> => bundle()
