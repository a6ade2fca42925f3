/** Prometheus' text format. */

/** The value of a series. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, unknown>>
  readonly value: number
}

/** Reads samples and the types of metrics; what is not of the format is an error. */
export const parsePrometheus = (text: string) => {
  const types: Record<string, string> = {}
  const samples: Array<Sample> = []
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("# HELP ")) continue
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line)
    if (type !== null) {
      types[type[1]!] = type[2]!
      continue
    }
    const sample = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (sample === null) throw new Error(`no line of Prometheus: ${line}`)
    const labels = [...(sample[2] ?? "").matchAll(/([a-z_]+)="((?:[^"\\\n]|\\.)*)"(?:,|$)/g)]
    if (labels.map(([all]) => all).join("") !== (sample[2] ?? "")) throw new Error(`no labels: ${sample[2]}`)
    samples.push({
      name: sample[1]!,
      labels: Object.fromEntries(labels.map(([, key, value]) => [key, value])),
      value: Number(sample[3])
    })
  }
  return { types, samples }
}
