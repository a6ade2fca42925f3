/**
 * The pages of docs/reference, made from the doc comments of what the package exports: a page for each public module, with the
 * signature, the comment and the example of every name. `npm run reference` writes them; a test says when they are old.
 *
 * It reads the sources with the compiler's own API. TypeDoc gives every type parameter, parameter and result of such types a
 * heading of its own, and copies what is inherited: three times the lines. As they are written, they are easier to read.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import ts from "typescript59"

const root = join(import.meta.dirname, "..")

/** The files that the package exports, by what they are imported as. */
const entries = {
  sluice: "src/index.ts",
  "sluice/testing": "src/testing.ts",
  "sluice/testing/fast-check": "src/testing/fastCheck.ts"
}

/** A page of the reference. */
export interface Page {
  readonly file: string
  readonly text: string
}

/** A name that users import, as they write it, with its doc comment. */
export interface PublicName {
  readonly name: string
  readonly comment: string
}

interface Module {
  readonly title: string
  readonly file: string
  readonly usage: string
  readonly intro: string
  readonly exports: ReadonlyArray<Export>
}

/** What a module exports, under the name that it has there. */
interface Export {
  readonly name: string
  readonly symbol: ts.Symbol
}

/** Every public name, and every page of the reference. */
export const readReference = (): { readonly names: ReadonlyArray<PublicName>; readonly pages: ReadonlyArray<Page> } => {
  const files = Object.values(entries).map((file) => join(root, file))
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: []
  })
  const checker = program.getTypeChecker()
  const resolve = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const exportsOf = (module: ts.Symbol): ReadonlyArray<Export> =>
    checker.getExportsOfModule(module).map((symbol) => ({ name: symbol.name, symbol: resolve(symbol) }))

  const modules = Object.entries(entries).flatMap(([specifier, file]): ReadonlyArray<Module> => {
    const source = program.getSourceFile(join(root, file))!
    const exported = exportsOf(checker.getSymbolAtLocation(source)!)
    const isModule = ({ symbol }: Export) => (symbol.flags & ts.SymbolFlags.ValueModule) !== 0
    const names = exported.filter((one) => !isModule(one))
    // Beside its modules, the package exports its errors.
    const own: Module = exported.some(isModule)
      ? {
          title: "Errors",
          file: "Errors.md",
          usage: `import { ${names[0]!.name} } from "${specifier}"`,
          intro: introOf(names[0]!.symbol.declarations![0]!.getSourceFile()),
          exports: names
        }
      : {
          title: specifier,
          file: `${specifier.replace("sluice/", "").replaceAll("/", "-")}.md`,
          usage: specifier.endsWith("/testing")
            ? `import * as Testing from "${specifier}"`
            : `import { ${names.find(isValue)!.name} } from "${specifier}"`,
          intro: introOf(source),
          exports: names
        }
    const namespaces = exported.filter(isModule).map(
      ({ name, symbol }): Module => ({
        title: name,
        file: `${name}.md`,
        usage: `import { ${name} } from "${specifier}"`,
        intro: introOf(symbol.valueDeclaration as ts.SourceFile),
        exports: exportsOf(symbol)
      })
    )
    return [...namespaces, own].sort((a, b) => a.title.localeCompare(b.title))
  })

  const isPublic = new Set(modules.flatMap(({ exports }) => exports.map(({ symbol }) => symbol)))
  const write = new Writer(checker, isPublic)
  return {
    names: modules.flatMap(({ exports, title }) =>
      exports.map(({ name, symbol }) => ({ name: `${title}.${name}`, comment: commentOf(checker, symbol) }))
    ),
    pages: [
      { file: "README.md", text: contents(modules) },
      ...modules.map((module) => ({ file: module.file, text: write.page(module) }))
    ]
  }
}

const isValue = ({ symbol }: Export) => (symbol.flags & ts.SymbolFlags.Value) !== 0

const commentOf = (checker: ts.TypeChecker, symbol: ts.Symbol): string =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker))

/** The comment a file begins with. */
const introOf = (source: ts.SourceFile): string => {
  const text = source.getFullText().trimStart()
  return text.startsWith("/**") ? textOf(text.slice(0, text.indexOf("*/") + 2)) : ""
}

/** A doc comment without its stars. */
const textOf = (comment: string): string =>
  comment
    .replace(/^\s*\/\*\*\s?/, "")
    .replace(/\s*\*\/$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim()

const firstSentence = (text: string): string => text.split("\n\n")[0]!.replaceAll("\n", " ")

const contents = (modules: ReadonlyArray<Module>): string =>
  [
    "# Reference",
    "What the package exports, as its doc comments say it; `npm run reference` writes these pages. The [guides](../../README.md#read-on) say\nhow the parts go together. All names are there since 0.1.0. Until 1.0, a minor version may change any of them.",
    [
      "| module | |",
      "| --- | --- |",
      ...modules.map(({ file, intro, title }) => `| [${title}](${file}) | ${firstSentence(intro)} |`)
    ].join("\n"),
    ""
  ].join("\n\n")

/** Writes the page of a module. */
class Writer {
  readonly checker: ts.TypeChecker
  readonly isPublic: ReadonlySet<ts.Symbol>

  constructor(checker: ts.TypeChecker, isPublic: ReadonlySet<ts.Symbol>) {
    this.checker = checker
    this.isPublic = isPublic
  }

  page({ exports, intro, title, usage }: Module): string {
    const values = exports.filter(isValue)
    const types = exports.filter((one) => !isValue(one))
    return [
      `# ${title}`,
      block("ts signature", usage),
      intro,
      ...values.flatMap((one) => this.entry("##", one)),
      ...(types.length === 0 ? [] : ["## Types", ...types.flatMap((one) => this.entry("###", one))]),
      ""
    ].join("\n\n")
  }

  entry(heading: string, { name: exported, symbol }: Export): ReadonlyArray<string> {
    const [declaration] = symbol.declarations!
    const comment = commentOf(this.checker, symbol)
    const members = ts.isInterfaceDeclaration(declaration!) ? this.members(declaration) : []
    const functions = members.filter(isFunction)
    // Functions have an entry of their own, fields stay with their interface. Overloads share an entry.
    const names = [...new Set(functions.map((member) => member.name!.getText()))]
    return [
      `${heading} ${exported}`,
      block(
        "ts signature",
        this.signature(
          symbol,
          declaration!,
          members.filter((member) => !isFunction(member))
        )
      ),
      comment,
      ...names.flatMap((name) => {
        const overloads = functions.filter((member) => member.name!.getText() === name)
        const documented = ts.getJSDocCommentsAndTags(overloads[0]!)[0]
        return [
          `${heading}# ${exported}.${name}`,
          block("ts signature", overloads.map((member) => outdented(member).replace(/^readonly /, "")).join("\n")),
          documented === undefined ? "" : textOf(documented.getText())
        ]
      })
    ].filter((part) => part !== "")
  }

  /** The members of an interface, and of those it extends that have no entry of their own. */
  members(declaration: ts.InterfaceDeclaration): ReadonlyArray<ts.TypeElement> {
    const inherited = this.parents(declaration).flatMap(({ symbol }) =>
      this.isPublic.has(symbol) ? [] : this.members(symbol.declarations![0] as ts.InterfaceDeclaration)
    )
    return [...inherited, ...declaration.members.filter(isForUsers)]
  }

  /** What an interface extends, as far as it is an interface of the package. */
  parents(declaration: ts.InterfaceDeclaration) {
    return (declaration.heritageClauses ?? [])
      .flatMap(({ types }) => types)
      .flatMap((type) => {
        const { symbol } = this.checker.getTypeAtLocation(type.expression)
        const found = symbol?.declarations?.[0]
        return found !== undefined && ts.isInterfaceDeclaration(found) && isOurs(found)
          ? [{ symbol, text: type.getText() }]
          : []
      })
  }

  signature(symbol: ts.Symbol, declaration: ts.Declaration, fields: ReadonlyArray<ts.TypeElement>): string {
    if (ts.isInterfaceDeclaration(declaration)) {
      const ours = this.parents(declaration)
      const hidden = ours.filter((parent) => !this.isPublic.has(parent.symbol)).map(({ text }) => text)
      const parents = (declaration.heritageClauses ?? [])
        .flatMap(({ types }) => types.map((type) => type.getText()))
        .filter((text) => !hidden.includes(text))
      const head = `interface ${symbol.name}${generics(declaration)}${parents.length === 0 ? "" : ` extends ${parents.join(", ")}`}`
      const lines = fields.map((field) => indented(withComment(field)))
      return lines.length === 0 ? head : `${head} {\n${lines.join("\n")}\n}`
    }
    if (ts.isTypeAliasDeclaration(declaration)) return outdented(declaration).replace(/^(export|declare) /g, "")
    if (ts.isClassDeclaration(declaration)) return this.error(symbol, declaration)
    if (ts.isVariableDeclaration(declaration)) {
      const { initializer, type } = declaration
      if (type === undefined && initializer !== undefined && ts.isArrowFunction(initializer)) {
        return this.call(symbol.name, initializer)
      }
      return `const ${symbol.name}: ${type?.getText() ?? this.typeText(this.checker.getTypeOfSymbol(symbol))}`
    }
    return outdented(declaration)
  }

  call(name: string, node: ts.ArrowFunction): string {
    const parameters = node.parameters.map((parameter) => {
      const isRest = parameter.dotDotDotToken !== undefined
      const given = ts.isIdentifier(parameter.name) ? parameter.name.text : isRest ? "args" : "options"
      const optional = parameter.initializer !== undefined || parameter.questionToken !== undefined
      const type = parameter.type?.getText() ?? this.typeText(this.checker.getTypeAtLocation(parameter))
      return `${isRest ? "..." : ""}${given}${optional ? "?" : ""}: ${type}`
    })
    // A function that gives one is written with the type of what it gives.
    const result =
      node.type?.getText() ??
      this.typeText(this.checker.getReturnTypeOfSignature(this.checker.getSignatureFromDeclaration(node)!))
    const head = `${name}${generics(node)}`
    const line = `${head}(${parameters.join(", ")}): ${result}`
    return line.length <= 110 ? line : `${head}(\n  ${parameters.join(",\n  ")}\n): ${result}`
  }

  /** An error class: its fields, however the class came by them. */
  error(symbol: ts.Symbol, declaration: ts.ClassDeclaration): string {
    const fields = this.checker
      .getDeclaredTypeOfSymbol(symbol)
      .getProperties()
      .filter(({ declarations, name }) => name === "_tag" || (declarations?.some(isOurs) && !hiddenFields.has(name)))
      .sort((a, b) => Number(b.name === "_tag") - Number(a.name === "_tag"))
      .map((field) => {
        const type = this.checker.getTypeOfSymbol(field)
        const optional = field.flags & ts.SymbolFlags.Optional ? "?" : ""
        return `  readonly ${field.name}${optional}: ${this.typeText(type)}`
      })
    return `class ${symbol.name}${generics(declaration)} extends Error {\n${fields.join("\n")}\n}`
  }

  typeText(type: ts.Type): string {
    return this.checker.typeToString(
      type,
      undefined,
      ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope
    )
  }
}

/** What every error has. */
const hiddenFields = new Set(["message", "name", "toJSON"])

const isOurs = (node: ts.Node) => !node.getSourceFile().fileName.includes("/node_modules/")

const isFunction = (member: ts.TypeElement): boolean =>
  ts.isMethodSignature(member) ||
  (ts.isPropertySignature(member) && member.type !== undefined && ts.isFunctionTypeNode(member.type))

/** Keys of types and their constructors are for the compiler. */
const isForUsers = (member: ts.TypeElement): boolean =>
  !ts.isConstructSignatureDeclaration(member) && !(member.name !== undefined && ts.isComputedPropertyName(member.name))

const generics = ({ typeParameters = [] }: { readonly typeParameters?: Iterable<ts.Node> | undefined }): string => {
  const texts = Array.from(typeParameters, (parameter) => parameter.getText().replace(/\s+/g, " "))
  const line = texts.join(", ")
  if (line === "") return ""
  return line.length <= 90 ? `<${line}>` : `<\n  ${texts.join(",\n  ")}\n>`
}

/** The text of a node without the indentation that its place gives it. */
const outdented = (node: ts.Node): string => {
  const { character } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart())
  const indentation = " ".repeat(character)
  return node
    .getText()
    .split("\n")
    .map((line) => (line.startsWith(indentation) ? line.slice(character) : line))
    .join("\n")
}

const withComment = (node: ts.TypeElement): string => {
  const [comment] = ts.getJSDocCommentsAndTags(node)
  return comment === undefined ? outdented(node) : `${outdented(comment)}\n${outdented(node)}`
}

const indented = (text: string): string =>
  text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n")

const block = (info: string, code: string): string => `\`\`\`${info}\n${code}\n\`\`\``

if (basename(process.argv[1] ?? "") === "reference.ts") {
  const folder = join(root, "docs/reference")
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const { file, text } of readReference().pages) writeFileSync(join(folder, file), text)
}
