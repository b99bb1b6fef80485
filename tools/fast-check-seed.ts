/**
 * Every property draws from one seed, so that a run of the tests is the same each time;
 * `FAST_CHECK_SEED=random` draws another, and a number replays the one that a failure names.
 */
import { configureGlobal, readConfigureGlobal } from "effect/FastCheck"

const wanted = process.env["FAST_CHECK_SEED"] ?? "20261124"
const seed = wanted === "random" ? Date.now() | 0 : Number(wanted)
if (!Number.isInteger(seed)) throw new Error(`FAST_CHECK_SEED must be a whole number or "random", not ${wanted}`)
configureGlobal({ ...readConfigureGlobal(), seed })
