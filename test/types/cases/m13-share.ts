import { Join } from "sluice"

export const none = Join.percentage(0) // expect: 'percentage', 'above 0', '0'
export const over = Join.percentage(1.5) // expect: 'percentage', 'at most 1', '1.5'
export const inPercent = Join.percentage(75) // expect: 'percentage', 'at most 1', '75'
export const negative = Join.percentage(-0.5) // expect: 'percentage', 'above 0', '-0.5'

export const rateNone = Join.tolerate({ rate: 0 }) // expect: 'tolerate', 'above 0', '0'
export const rateOver = Join.tolerate({ rate: 2 }) // expect: 'tolerate', 'at most 1', '2'
export const rateNegative = Join.tolerate({ rate: -0.1 }) // expect: 'tolerate', 'above 0', '-0.1'
export const failuresNegative = Join.tolerate({ failures: -1 }) // expect: 'tolerate', 'at least 0', '-1'
export const failuresFraction = Join.tolerate({ failures: 1.5 }) // expect: 'tolerate', 'whole number', '1.5'
export const neither = Join.tolerate({}) // expect: 'failures'
export const missing = Join.tolerate() // expect: 'Expected 1 arguments, but got 0'
