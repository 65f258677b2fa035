/** Who the bots are, and how high their voices lie (Hz). */
const NAMES = [
  'Ada',
  'Bao',
  'Chloé',
  'Dmitri',
  'Esra',
  'Femi',
  'Greta',
  'Hiro',
  'Inés',
  'Jamal',
  'Keiko',
  'Lars',
  'Maya',
  'Nikos',
  'Oluchi',
  'Pavel',
  'Qiao',
  'Rosa',
  'Sven',
  'Tala',
  'Uri',
  'Vera',
  'Wanda',
  'Yusuf',
];
const LOWEST_HZ = 95;
const HIGHEST_HZ = 235;

export interface Character {
  readonly name: string;
  readonly pitch: number;
}

/** As many different people as asked for; neighbours differ much in pitch. */
export function cast(count: number): Character[] {
  return Array.from({ length: count }, (_, index) => {
    const name = NAMES[index % NAMES.length] as string;
    const round = Math.floor(index / NAMES.length);
    const share = (index * 0.618) % 1;
    return {
      name: round === 0 ? name : `${name} ${round + 1}`,
      pitch: Math.round(LOWEST_HZ + share * (HIGHEST_HZ - LOWEST_HZ)),
    };
  });
}
