/**
 * The plural and the singular of an English noun as jinzhu/inflection 1.0.0 forms them, which GORM names tables by. The rules
 * are those of Rails' ActiveSupport; the first that fits is taken, and the last of the general ones are asked first.
 */
export function pluralOf(word: string): string {
  return inflected(word, plurals);
}

export function singularOf(word: string): string {
  return inflected(word, singulars);
}

interface Rule {
  readonly pattern: RegExp;
  readonly replacement: string;
}

function inflected(word: string, rules: readonly Rule[]): string {
  const rule = rules.find(({ pattern }) => pattern.test(word));
  return rule ? word.replace(rule.pattern, rule.replacement) : word;
}

const uncountable = "equipment|information|rice|money|species|series|fish|sheep|jeans|police";

const irregular: readonly (readonly [string, string])[] = [
  ["person", "people"],
  ["man", "men"],
  ["child", "children"],
  ["sex", "sexes"],
  ["move", "moves"],
  ["mombie", "mombies"],
];

const toPlural: readonly (readonly [string, string])[] = [
  ["([a-z])$", "$1s"],
  ["s$", "s"],
  ["^(ax|test)is$", "$1es"],
  ["(octop|vir)us$", "$1i"],
  ["(octop|vir)i$", "$1i"],
  ["(alias|status)$", "$1es"],
  ["(bu)s$", "$1ses"],
  ["(buffal|tomat)o$", "$1oes"],
  ["([ti])um$", "$1a"],
  ["([ti])a$", "$1a"],
  ["sis$", "ses"],
  ["(?:([^f])fe|([lr])f)$", "$1$2ves"],
  ["(hive)$", "$1s"],
  ["([^aeiouy]|qu)y$", "$1ies"],
  ["(x|ch|ss|sh)$", "$1es"],
  ["(matr|vert|ind)(?:ix|ex)$", "$1ices"],
  ["^(m|l)ouse$", "$1ice"],
  ["^(m|l)ice$", "$1ice"],
  ["^(ox)$", "$1en"],
  ["^(oxen)$", "$1"],
  ["(quiz)$", "$1zes"],
];

const toSingular: readonly (readonly [string, string])[] = [
  ["s$", ""],
  ["(ss)$", "$1"],
  ["(n)ews$", "$1ews"],
  ["([ti])a$", "$1um"],
  ["((a)naly|(b)a|(d)iagno|(p)arenthe|(p)rogno|(s)ynop|(t)he)(sis|ses)$", "$1sis"],
  ["(^analy)(sis|ses)$", "$1sis"],
  ["([^f])ves$", "$1fe"],
  ["(hive)s$", "$1"],
  ["(tive)s$", "$1"],
  ["([lr])ves$", "$1f"],
  ["([^aeiouy]|qu)ies$", "$1y"],
  ["(s)eries$", "$1eries"],
  ["(m)ovies$", "$1ovie"],
  ["(c)ookies$", "$1ookie"],
  ["(x|ch|ss|sh)es$", "$1"],
  ["^(m|l)ice$", "$1ouse"],
  ["(bus)(es)?$", "$1"],
  ["(o)es$", "$1"],
  ["(shoe)s$", "$1"],
  ["(cris|test)(is|es)$", "$1is"],
  ["^(a)x[ie]s$", "$1xis"],
  ["(octop|vir)(us|i)$", "$1us"],
  ["(alias|status)(es)?$", "$1"],
  ["^(ox)en", "$1"],
  ["(vert|ind)ices$", "$1ex"],
  ["(matr)ices$", "$1ix"],
  ["(quiz)zes$", "$1"],
  ["(database)s$", "$1"],
];

const plurals = rulesOf(irregular, toPlural);
const singulars = rulesOf(
  irregular.map(([one, many]) => [many, one]),
  toSingular,
);

/** Each is looked for in capitals first, then as it is. */
function rulesOf(
  words: readonly (readonly [string, string])[],
  patterns: readonly (readonly [string, string])[],
): Rule[] {
  return [
    { pattern: new RegExp(`^(${uncountable})$`, "i"), replacement: "$1" },
    ...words.flatMap(([from, to]) =>
      [upper, titled, same].map((form) => ({
        pattern: new RegExp(`${form(from)}$`),
        replacement: form(to),
      })),
    ),
    ...patterns.toReversed().flatMap(([pattern, replacement]) => [
      { pattern: new RegExp(upper(pattern)), replacement: upper(replacement) },
      { pattern: new RegExp(pattern, "i"), replacement },
    ]),
  ];
}

function upper(text: string): string {
  return text.toUpperCase();
}

function titled(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function same(text: string): string {
  return text;
}
