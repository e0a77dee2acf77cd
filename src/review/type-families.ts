/** Whether a value of the one type cannot stand in the other; what is in no family can be anything. */
export function isOtherFamily(model: string, built: string): boolean {
  const [wanted, found] = [model, built].map((type) => families.findIndex((family) => family.test(type)));
  return wanted !== found && wanted !== -1 && found !== -1;
}

const families = [
  /^(?:text|character varying|character|citext)(?:\(\d+\))?$/,
  /^(?:smallint|integer|bigint|real|double precision)$/,
  /^boolean$/,
  /^(?:date|timestamp(?:\(\d\))? with(?:out)? time zone)$/,
  /^bytea$/,
];
