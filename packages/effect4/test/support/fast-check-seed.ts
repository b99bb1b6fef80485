/** Every property draws from one seed; see `tools/fast-check-seed.ts`. */
import { configureGlobal, readConfigureGlobal } from "fast-check"

const wanted = process.env["FAST_CHECK_SEED"] ?? "20261124"
const seed = wanted === "random" ? Date.now() | 0 : Number(wanted)
if (!Number.isInteger(seed)) throw new Error(`FAST_CHECK_SEED must be a whole number or "random", not ${wanted}`)
configureGlobal({ ...readConfigureGlobal(), seed })
