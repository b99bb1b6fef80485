/**
 * The time that a server follows.
 *
 * @since 0.1.0
 */
export type { Clock } from "./internal/clock/clock.ts"
export { type ManualClock, manual } from "./internal/clock/manual.ts"
export { real } from "./internal/clock/real.ts"
export { type ShiftedClock, shifted } from "./internal/clock/shifted.ts"
export { assertShuffle, type Shuffle, type ShuffleOptions, shuffle } from "./internal/clock/shuffle.ts"
export { nextTurn } from "./internal/clock/turn.ts"
export { type VirtualClock, virtual } from "./internal/clock/virtual.ts"
