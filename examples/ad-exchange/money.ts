/**
 * Amounts in several currencies.
 */

/** What one of each is worth in USD: sample rates, which a real exchange would fetch every day. */
const inUsd: Readonly<Record<string, number>> = {
  USD: 1,
  AUD: 0.66,
  CAD: 0.72,
  CHF: 1.12,
  CNY: 0.14,
  EUR: 1.1,
  GBP: 1.28,
  INR: 0.012,
  JPY: 0.0067
}

export const isCurrency = (currency: string): boolean => Object.hasOwn(inUsd, currency)

/** An amount in another currency; NaN, which is neither above nor below anything, when there is no rate. */
export const convert = (amount: number, from: string, to: string): number =>
  from === to ? amount : (amount * (inUsd[from] ?? Number.NaN)) / (inUsd[to] ?? Number.NaN)
