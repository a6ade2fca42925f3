import { Join } from "sluice"

export const both = Join.tolerate({ failures: 1, rate: 0.5 }) // expect: 'either failures or rate'
export const neither = Join.tolerate({}) // expect: 'failures or rate'
