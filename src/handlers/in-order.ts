/** All answers, or what the first of those that reject says, whichever was quicker. */
export async function inOrder<Answers extends readonly unknown[]>(
  ...work: { readonly [Key in keyof Answers]: Promise<Answers[Key]> | Answers[Key] }
): Promise<Answers> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
  return (await Promise.all(work)) as unknown as Answers;
}
