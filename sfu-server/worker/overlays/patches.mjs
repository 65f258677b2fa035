/**
 * Changes to mediasoup's sources, made on copies in the build folder.
 *
 * Each must match exactly once, so that a new mediasoup version that moved or
 * mended the line stops the build instead of going unnoticed.
 */

/**
 * @typedef {object} Patch
 * @property {string} file relative to mediasoup's worker folder
 * @property {string} find
 * @property {string} replace
 * @property {string} why
 */

/** @type {readonly Patch[]} */
export const patches = [
  {
    file: 'src/RTC/DtlsTransport.cpp',
    find: '(operationType == BIO_CB_RETURN)',
    replace: '((operationType & BIO_CB_RETURN) != 0)',
    why:
      'OpenSSL ORs BIO_CB_RETURN with the operation, so the comparison is never true and every BIO_ctrl ' +
      "answers 1. An OpenSSL built with kernel TLS (Debian's) then believes the memory BIO does kTLS and " +
      'crashes in the first DTLS handshake.',
  },
];

/**
 * @param {string} file relative to mediasoup's worker folder
 * @param {string} text
 * @param {readonly Patch[]} [list]
 */
export function applyPatches(file, text, list = patches) {
  return list
    .filter((patch) => patch.file === file)
    .reduce((current, { find, replace, why }) => {
      if (current.split(find).length !== 2) {
        throw new Error(
          `${file} no longer contains "${find}" exactly once. Check whether this mediasoup version still needs the patch (${why})`,
        );
      }

      return current.replace(find, () => replace);
    }, text);
}
