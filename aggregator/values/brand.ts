declare const brand: unique symbol

/**
 * A primitive that carries its meaning in its type, so that two kinds of number cannot be mixed.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
