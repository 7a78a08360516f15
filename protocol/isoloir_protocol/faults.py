"""The code of each fault and its sentences, French then English.

The codes are shared with the vectors and with the other implementations: never rename one, never reuse one.
"""

SENTENCES: dict[str, tuple[str, str]] = {
    # --- reading (§1)
    "too-long": ("Le texte dépasse {limit} octets.", "The text is longer than {limit} bytes."),
    "not-utf8": ("Le texte n’est pas de l’UTF-8.", "The text is not UTF-8."),
    "not-json": ("Le texte n’est pas du JSON.", "The text is not JSON."),
    "too-deep": ("Le JSON est imbriqué trop profondément.", "The JSON is nested too deeply."),
    "duplicate-member": (
        "Un même membre figure deux fois dans un objet JSON.",
        "A member appears twice in a JSON object.",
    ),
    "number-not-integer": ("Un nombre JSON n’est pas un entier court.", "A JSON number is not a short integer."),
    "not-canonical": (
        "Le texte n’est pas sous sa forme canonique (compacte, échappements minimaux).",
        "The text is not in its canonical form (compact, minimal escapes).",
    ),
    "wrong-type": ("« {member} » n’est pas du type attendu.", "“{member}” is not of the expected type."),
    "missing-member": ("Le membre « {member} » manque.", "The member “{member}” is missing."),
    "unknown-member": ("« {member} » contient un membre inconnu.", "“{member}” contains an unknown member."),
    "wrong-member-order": (
        "Les membres de « {member} » ne sont pas dans l’ordre.",
        "The members of “{member}” are not in order.",
    ),
    "wrong-length": (
        "« {member} » n’a pas le nombre d’éléments attendu.",
        "“{member}” does not have the expected number of items.",
    ),
    "out-of-range": ("« {member} » est hors de ses bornes.", "“{member}” is out of its bounds."),
    "bad-form": ("« {member} » n’a pas la forme attendue.", "“{member}” does not have the expected form."),
    "scalar-not-canonical": ("Un scalaire n’est pas un décimal canonique.", "A scalar is not a canonical decimal."),
    "scalar-out-of-range": ("Un scalaire dépasse l’ordre du groupe.", "A scalar is not below the group order."),
    # --- group (§2.2)
    "element-not-canonical": (
        "Un élément du groupe n’est pas écrit en 64 chiffres hexadécimaux minuscules.",
        "A group element is not written as 64 lower-case hexadecimal digits.",
    ),
    "element-not-in-group": (
        "Un point n’appartient pas au groupe d’ordre premier.",
        "A point is not in the prime-order group.",
    ),
    "neutral-key": (
        "Une clé publique est l’élément neutre, dont tout le monde connaît le secret.",
        "A public key is the neutral element, whose secret everybody knows.",
    ),
    # --- credentials (§5)
    "bad-code": ("Le code de vote n’a pas la forme attendue.", "The voting code does not have the expected form."),
    "bad-uuid": (
        "L’identifiant du scrutin n’a pas la forme attendue.",
        "The election identifier does not have the expected form.",
    ),
    "duplicate-credential": (
        "La liste des clés publiques de vote contient deux fois la même clé (ligne {position}).",
        "The list of public credentials contains the same key twice (line {position}).",
    ),
    "bad-credential": (
        "La ligne {position} de la liste des clés publiques de vote n’est pas valide.",
        "Line {position} of the list of public credentials is not valid.",
    ),
    "weighted-credential": (
        "La clé de la ligne {position} a un poids, alors que chaque électeur a une voix.",
        "The key on line {position} has a weight, but each voter has one vote.",
    ),
    "total-weight-too-large": ("La somme des poids dépasse {limit}.", "The sum of the weights exceeds {limit}."),
    # --- election (§4)
    "unknown-version": ("La version des données n’est pas 1.", "The version of the data is not 1."),
    "unknown-group": ("Le groupe n’est pas Ed25519.", "The group is not Ed25519."),
    "unknown-question-type": (
        "La question {question} est d’un type qui n’est pas pris en charge.",
        "Question {question} is of a type that is not supported.",
    ),
    "bad-bounds": (
        "Les bornes min et max de la question {question} ne conviennent pas.",
        "The min and max bounds of question {question} do not fit.",
    ),
    # --- ballots (§8)
    "wrong-election": ("Le bulletin est celui d’un autre scrutin.", "The ballot belongs to another election."),
    "wrong-fingerprint": (
        "Le bulletin porte l’empreinte d’une autre fiche de scrutin.",
        "The ballot bears the fingerprint of another election record.",
    ),
    "wrong-hash": ("L’empreinte signée n’est pas celle du bulletin.", "The signed hash is not that of the ballot."),
    "wrong-signature": ("La signature du bulletin n’est pas valide.", "The signature of the ballot is not valid."),
    "wrong-individual-proof": (
        "Question {question}, choix {choice} : la preuve que le chiffré vaut 0 ou 1 est fausse.",
        "Question {question}, choice {choice}: the proof that it encrypts 0 or 1 is wrong.",
    ),
    "wrong-overall-proof": (
        "Question {question} : la preuve du nombre de choix est fausse.",
        "Question {question}: the proof of the number of choices is wrong.",
    ),
    "wrong-blank-proof": (
        "Question {question} : la preuve du vote blanc est fausse.",
        "Question {question}: the proof of the blank vote is wrong.",
    ),
    "bad-choice": (
        "Le choix n’est pas permis par la question {question}.",
        "The choice is not allowed by question {question}.",
    ),
    # --- signatures and possession (§7.1)
    "wrong-message-signature": ("La signature du message n’est pas valide.", "The signature of the message is wrong."),
    "wrong-possession": (
        "La preuve de possession du code n’est pas valide.",
        "The proof of possession of the code is not valid.",
    ),
    "bad-challenge": ("Le défi n’a pas la forme attendue.", "The challenge does not have the expected form."),
    # --- trustees (§6, §7)
    "wrong-key-proof": (
        "La preuve de connaissance d’une clé de détenteur est fausse.",
        "The proof of knowledge of a trustee's key is wrong.",
    ),
    "wrong-certificate": ("Le certificat {index} n’est pas valide.", "Certificate {index} is not valid."),
    "wrong-context": (
        "Le certificat {index} est d’un autre groupe de détenteurs, d’une autre taille ou d’un autre rang.",
        "Certificate {index} is of another group of trustees, another size or another rank.",
    ),
    "duplicate-certificate": ("Deux certificats ont la même clé.", "Two certificates have the same key."),
    "wrong-threshold": ("Le seuil ne correspond pas.", "The threshold does not match."),
    "wrong-coefficients": (
        "Les coefficients du détenteur {index} ne sont pas valides.",
        "The coefficients of trustee {index} are not valid.",
    ),
    "wrong-certificates-signature": (
        "Le détenteur {index} n’a pas signé ces certificats.",
        "Trustee {index} did not sign these certificates.",
    ),
    "wrong-verification-key": (
        "La clé de vérification du détenteur {index} ne suit pas des coefficients.",
        "The verification key of trustee {index} does not follow from the coefficients.",
    ),
    "wrong-secret-share": (
        "Le secret envoyé par le détenteur {index} ne suit pas de ses coefficients.",
        "The secret sent by trustee {index} does not follow from its coefficients.",
    ),
    "wrong-own-polynomial": (
        "Les coefficients présentés comme les vôtres ne sont pas ceux que vous avez tirés.",
        "The coefficients shown as yours are not those that you drew.",
    ),
    "message-not-opened": (
        "Un message chiffré ne peut pas être ouvert avec cette clé.",
        "An encrypted message cannot be opened with this key.",
    ),
    "wrong-recipient": (
        "Un message chiffré était destiné à une autre personne.",
        "An encrypted message was meant for somebody else.",
    ),
    "not-a-member": (
        "Cette graine n’est celle d’aucun des certificats.",
        "This seed is that of none of the certificates.",
    ),
    "bad-seed": ("La graine n’a pas la forme attendue.", "The seed does not have the expected form."),
    "unknown-algorithm": (
        "Un message est chiffré par un autre algorithme qu’AES-GCM.",
        "A message is encrypted by another algorithm than AES-GCM.",
    ),
    "no-trustee": ("Il n’y a aucun détenteur de clé.", "There is no trustee."),
    "wrong-public-key": (
        "La clé publique du scrutin n’est pas le produit des clés des détenteurs.",
        "The public key of the election is not the product of the trustees' keys.",
    ),
    # --- tally (§10)
    "ballot-counted-twice": ("Une même clé de vote est comptée deux fois.", "A credential is counted twice."),
    "wrong-weight": ("Un poids est négatif ou absent.", "A weight is negative or missing."),
    "wrong-tally": (
        "Le total chiffré publié n’est pas celui des bulletins.",
        "The published encrypted tally is not that of the ballots.",
    ),
    "wrong-num-tallied": (
        "Le nombre de bulletins comptés est faux : {published} publié, {computed} compté.",
        "The number of ballots tallied is wrong: {published} published, {computed} counted.",
    ),
    "wrong-total-weight": (
        "Le poids total est faux : {published} publié, {computed} compté.",
        "The total weight is wrong: {published} published, {computed} counted.",
    ),
    # --- partial decryptions (§11)
    "wrong-decryption-proof": (
        "Question {question}, choix {choice} : la preuve du déchiffrement partiel est fausse.",
        "Question {question}, choice {choice}: the proof of the partial decryption is wrong.",
    ),
    "unknown-owner": (
        "Le déchiffrement partiel porte le numéro {owner}, qui n’est celui d’aucun détenteur.",
        "The partial decryption bears number {owner}, which is that of no trustee.",
    ),
    "duplicate-owner": (
        "Le détenteur {owner} a donné deux déchiffrements partiels.",
        "Trustee {owner} gave two partial decryptions.",
    ),
    "wrong-owner": (
        "Le déchiffrement partiel numéro {owner} n’est pas de ce détenteur ou pas de ce scrutin.",
        "Partial decryption number {owner} is not of this trustee or not of this election.",
    ),
    "not-enough-shares": (
        "Il n’y a pas assez de déchiffrements partiels pour le groupe de détenteurs {item}.",
        "There are not enough partial decryptions for trustee group {item}.",
    ),
    # --- result (§12)
    "count-out-of-range": (
        "Question {question}, choix {choice} : aucun compte entre 0 et {limit} ne convient.",
        "Question {question}, choice {choice}: no count between 0 and {limit} fits.",
    ),
    "sum-out-of-range": (
        "Question {question} : la somme des comptes n’est pas possible avec {limit} voix.",
        "Question {question}: the sum of the counts is not possible with {limit} votes.",
    ),
    "wrong-result": (
        "Le résultat publié n’est pas celui que donnent les déchiffrements.",
        "The published result is not the one that the decryptions give.",
    ),
    # --- archive (§14)
    "file-missing": ("Il n’y a pas de fichier à cet endroit.", "There is no file at this place."),
    "file-is-directory": ("C’est un dossier, non une archive.", "This is a directory, not an archive."),
    "file-forbidden": ("Vous n’avez pas le droit de lire ce fichier.", "You may not read this file."),
    "file-unreadable": ("Le fichier ne peut pas être lu.", "The file cannot be read."),
    "truncated": ("L’archive s’arrête au milieu d’un enregistrement.", "The archive stops in the middle of a record."),
    "empty-archive": ("L’archive est vide.", "The archive is empty."),
    "bad-header": (
        "L’en-tête de l’enregistrement {position} n’est pas celui d’une archive Belenios.",
        "The header of record {position} is not that of a Belenios archive.",
    ),
    "bad-padding": (
        "L’enregistrement {position} n’est pas suivi de zéros.",
        "Record {position} is not followed by zeros.",
    ),
    "wrong-timestamp": (
        "L’enregistrement {position} ne porte pas la date de l’archive.",
        "Record {position} does not bear the timestamp of the archive.",
    ),
    "bad-first-member": ("Le premier enregistrement n’est pas « BELENIOS ».", "The first record is not “BELENIOS”."),
    "wrong-record-hash": (
        "L’enregistrement {position} ne porte pas l’empreinte de son contenu.",
        "Record {position} does not bear the hash of its content.",
    ),
    "wrong-parent": (
        "L’événement {height} n’est pas chaîné au précédent.",
        "Event {height} is not chained to the one before.",
    ),
    "wrong-height": ("L’événement {height} ne porte pas le bon numéro.", "Event {height} bears the wrong number."),
    "wrong-payload": (
        "L’événement {height} ne nomme pas les enregistrements qui le précèdent.",
        "Event {height} does not name the records before it.",
    ),
    "leftover-record": (
        "L’archive se termine par des enregistrements qu’aucun événement ne nomme.",
        "The archive ends with records that no event names.",
    ),
    "unknown-event": ("L’événement {height} est d’un type inconnu.", "Event {height} is of an unknown type."),
    "shuffle-unsupported": (
        "L’archive contient un mélange, que ce vérificateur ne sait pas vérifier.",
        "The archive contains a shuffle, which this verifier cannot verify.",
    ),
    "no-setup": (
        "L’archive ne commence pas par la mise en place du scrutin.",
        "The archive does not begin with the setup of the election.",
    ),
    "second-setup": (
        "L’archive contient une seconde mise en place du scrutin (événement {height}).",
        "The archive contains a second setup of the election (event {height}).",
    ),
    "ballot-after-closing": (
        "Un bulletin suit la clôture (événement {height}).",
        "A ballot follows the closing (event {height}).",
    ),
    "second-closing": (
        "L’archive contient deux clôtures (événement {height}).",
        "The archive contains two closings (event {height}).",
    ),
    "tally-before-closing": (
        "Le total chiffré précède la clôture (événement {height}).",
        "The encrypted tally comes before the closing (event {height}).",
    ),
    "second-tally": (
        "L’archive contient deux totaux chiffrés (événement {height}).",
        "The archive contains two encrypted tallies (event {height}).",
    ),
    "decryption-before-tally": (
        "Un déchiffrement partiel précède le total chiffré (événement {height}).",
        "A partial decryption comes before the encrypted tally (event {height}).",
    ),
    "result-before-tally": (
        "Le résultat précède le total chiffré (événement {height}).",
        "The result comes before the encrypted tally (event {height}).",
    ),
    "event-after-result": (
        "Un événement suit le résultat (événement {height}).",
        "An event follows the result (event {height}).",
    ),
    "unknown-credential": (
        "Un bulletin est fait sous une clé qui n’est pas dans la liste.",
        "A ballot was made under a key that is not in the list.",
    ),
    "duplicate-ballot": ("Un bulletin figure deux fois dans l’urne.", "A ballot is in the ballot box twice."),
    "second-ballot": (
        "Deux bulletins sont faits sous la même clé, alors que ce scrutin ne permet pas de revoter.",
        "Two ballots were made under the same key, but this election does not allow voting again.",
    ),
    # --- register of keys (reissue.md)
    "bad-slot": ("L’identifiant de la place n’a pas la forme attendue.", "The slot does not have the expected form."),
    "register-empty": ("Le registre des clés est vide.", "The register of keys is empty."),
    "register-truncated": (
        "Le registre des clés s’arrête au milieu d’une ligne.",
        "The register of keys stops in the middle of a line.",
    ),
    "register-wrong-parent": (
        "La ligne {height} du registre n’est pas chaînée à la précédente : une ligne a été ôtée, changée ou déplacée.",
        "Line {height} of the register is not chained to the one before: a line was removed, changed or moved.",
    ),
    "register-wrong-height": (
        "La ligne {height} du registre ne porte pas le bon numéro.",
        "Line {height} of the register bears the wrong number.",
    ),
    "register-misplaced-line": (
        "La ligne {height} du registre n’est pas d’un type permis à cet endroit.",
        "Line {height} of the register is not of a type allowed there.",
    ),
    "register-wrong-contest": (
        "Le registre des clés est celui d’un autre scrutin.",
        "The register of keys belongs to another election.",
    ),
    "register-not-sorted": (
        "Les places de la ligne {height} du registre ne sont pas triées, ce qui peut trahir un ordre d’arrivée.",
        "The slots of line {height} of the register are not sorted, which may betray an order of arrival.",
    ),
    "register-bad-batch": (
        "La ligne {height} du registre ne contient pas entre 1 et {limit} réassorts.",
        "Line {height} of the register does not hold between 1 and {limit} re-issues.",
    ),
    "register-one-signer": (
        "Le portail et le service d’enregistrement ont la même clé : il n’y a pas de double contrôle.",
        "The portal and the registrar have the same key: there is no double control.",
    ),
    "register-other-registrar": (
        "La clé d’enregistrement nommée par le registre n’est pas celle que vous avez donnée.",
        "The registrar's key that the register names is not the one that you gave.",
    ),
    "two-live-keys": (
        "La place {slot} reçoit deux clés de même génération (ligne {height}).",
        "Slot {slot} gets two keys of the same generation (line {height}).",
    ),
    "generation-skipped": (
        "La place {slot} saute la génération {generation} (ligne {height}) : un réassort a été ôté.",
        "Slot {slot} skips generation {generation} (line {height}): a re-issue was removed.",
    ),
    "reissue-limit-exceeded": (
        "La place {slot} dépasse le nombre de réassorts permis, {limit} (ligne {height}).",
        "Slot {slot} exceeds the number of re-issues allowed, {limit} (line {height}).",
    ),
    "unknown-slot": (
        "La place {slot} n’est pas de ce scrutin (ligne {height}).",
        "Slot {slot} is not of this election (line {height}).",
    ),
    "key-used-twice": (
        "La clé donnée à la place {slot} a déjà servi dans ce scrutin (ligne {height}).",
        "The key given to slot {slot} was already used in this election (line {height}).",
    ),
    "portal-signature-missing": (
        "Le réassort de la place {slot} n’est pas signé par le portail (ligne {height}).",
        "The re-issue of slot {slot} is not signed by the portal (line {height}).",
    ),
    "portal-signature-wrong": (
        "Le réassort de la place {slot} n’est pas celui que le portail a signé (ligne {height}).",
        "The re-issue of slot {slot} is not the one that the portal signed (line {height}).",
    ),
    "registrar-signature-missing": (
        "Le réassort de la place {slot} n’est pas signé par le service d’enregistrement (ligne {height}).",
        "The re-issue of slot {slot} is not signed by the registrar (line {height}).",
    ),
    "registrar-signature-wrong": (
        "Le réassort de la place {slot} n’est pas celui que le service d’enregistrement a signé (ligne {height}).",
        "The re-issue of slot {slot} is not the one that the registrar signed (line {height}).",
    ),
    "line-portal-signature-missing": (
        "La ligne {height} du registre n’est pas signée par le portail.",
        "Line {height} of the register is not signed by the portal.",
    ),
    "line-portal-signature-wrong": (
        "La ligne {height} du registre n’est pas celle que le portail a signée.",
        "Line {height} of the register is not the one that the portal signed.",
    ),
    "line-registrar-signature-missing": (
        "La ligne {height} du registre n’est pas signée par le service d’enregistrement.",
        "Line {height} of the register is not signed by the registrar.",
    ),
    "line-registrar-signature-wrong": (
        "La ligne {height} du registre n’est pas celle que le service d’enregistrement a signée.",
        "Line {height} of the register is not the one that the registrar signed.",
    ),
    "wrong-reissue-possession": (
        "La preuve de possession d’une clé réassortie n’est pas valable.",
        "The proof of possession of a re-issued key is not valid.",
    ),
    "reissue-without-registrar": (
        "La ligne {height} réassortit des clés, alors que ce scrutin n’a pas de service d’enregistrement.",
        "Line {height} re-issues keys, but this election has no registrar.",
    ),
    "register-not-closed": (
        "L’urne est close, mais le registre des clés ne l’est pas.",
        "The ballot box is closed, but the register of keys is not.",
    ),
    "register-wrong-credentials": (
        "La clôture du registre ne nomme pas la liste de ses clés en vigueur.",
        "The closing of the register does not name the list of its live keys.",
    ),
    "archive-not-live-keys": (
        "Les clés de vote de l’archive ne sont pas les clés en vigueur du registre.",
        "The credentials of the archive are not the live keys of the register.",
    ),
    "ballot-under-dead-key": (
        "Un bulletin est fait sous une clé remplacée (place {slot}, génération {generation}).",
        "A ballot was made under a replaced key (slot {slot}, generation {generation}).",
    ),
    "register-wrong-fingerprint": (
        "Le scellement du registre ne porte pas l’empreinte de la fiche du scrutin.",
        "The sealing of the register does not bear the fingerprint of the election record.",
    ),
    "register-wrong-voters": (
        "Le scellement compte {published} électeurs, alors que le registre a {computed} places.",
        "The sealing counts {published} voters, but the register has {computed} slots.",
    ),
    "register-wrong-count": (
        "La clôture compte {published} réassorts, alors que le registre en contient {computed}.",
        "The closing counts {published} re-issues, but the register holds {computed}.",
    ),
}
