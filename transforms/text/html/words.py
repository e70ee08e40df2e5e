"""Words of widget lines, in the languages of the big content management systems.

A line of at most `MAX_CHARS` characters is looked at word by word. Words name the reason why a line
went; they do not decide that it goes, because articles speak of comments and newsletters too.
"""

import re

from transforms.text import kernel

MAX_CHARS = 200
"""Longer lines are prose: their words say nothing."""

WORDS: dict[str, str] = {
    "comment": (
        "comment comments commented commenting commenter kommentar kommentare kommentaren"
        " kommentieren kommentiert kommentator commentaire commentaires commenter comentario"
        " comentarios comentar comentário comentários commento commenti commenta reactie"
        " reacties reageer komentarz komentarze komentarzy komentarz skomentuj комментарий"
        " комментарии комментариев комментировать коммент kommentarer kommentti kommentit"
        " yorum yorumlar コメント 댓글 评论 評論 留言 discussion diskussion disqus"
        " kommentarbereich leserkommentare leserbriefe meinungen pingback pingbacks trackback"
        " trackbacks responses antworten gästebuch guestbook beiträge postings reviews"
        " bewertungen rezensionen gedanken thoughts"
    ),
    "reply": (
        "reply replies antworten antworte antwort répondre réponse responder respuesta"
        " resposta rispondi beantwoorden odpowiedz ответить svara svar vastaa yanıtla 返信"
        " 답글 回复 回覆 melden report flag zitieren permalink cancel abbrechen annuler"
        " cancelar annulla upvote downvote gefällt like likes dislike mag"
    ),
    "said": (
        "says said schreibt schrieb sagt sagte meint dit écrit dice escribe escribió disse"
        " zegt schreef пишет написал mówi pisze ha scritto wrote writes"
    ),
    "form": (
        "email e-mail mail name website webseite url required erforderlich erforderliche"
        " pflichtfeld pflichtfelder obligatoires obligatorios veröffentlicht published publiée"
        " publicada browser speichern save fields felder field feld adresse address captcha"
        " akismet spam submit absenden senden abschicken envoyer enviar invia wyślij отправить"
        " checkbox benachrichtige benachrichtigen notify follow-up javascript enable einloggen"
        " logged"
    ),
    "login": (
        "login log logout anmelden abmelden angemeldet eingeloggt einloggen registrieren"
        " register registrierung sign signin signup konto account passwort password connexion"
        " connecter connecté iniciar sesión accedi inloggen zaloguj войти mitglied member"
        " profil profile"
    ),
    "share": (
        "share shares teilen teile partager partage compartir compartilhar condividi delen"
        " udostępnij поделиться facebook twitter tweet tweeten twittern pinterest whatsapp"
        " instagram linkedin xing youtube telegram reddit tumblr pocket flipboard messenger"
        " folgen folge follow suivez síguenos seguici volg tiktok snapchat google feed rss"
        " drucken print imprimer imprimir stampa e-mailen weiterempfehlen merken bookmark"
    ),
    "newsletter": (
        "newsletter newsletters subscribe subscription abonnieren abonnieren abonniere"
        " abonnement abo abos s'abonner abonnez suscríbete suscribirse inscreva iscriviti"
        " inschrijven zapisz подписаться подпишитесь inbox posteingang postfach kostenlos"
        " gratis abonnent spende spenden donate unterstützen support updates"
    ),
    "cookie": (
        "cookie cookies consent zustimmen akzeptieren accept accepter aceptar accetta gdpr"
        " dsgvo einstellungen settings einwilligung tracking"
    ),
    "legal": (
        "impressum datenschutz datenschutzerklärung agb copyright rights reserved rechte"
        " vorbehalten privacy policy terms conditions mentions légales confidentialité aviso"
        " legal privacidad términos disclaimer imprint nutzungsbedingungen contact kontakt"
        " contacto contatti sitemap mediadaten werbung advertise about über powered theme"
        " wordpress blogger hosted bereitgestellt betrieben alle all tous todos derechos"
        " reservados droits réservés prawa zastrzeżone diritti riservati haftungsausschluss"
        " widerruf versand jobs karriere hilfe help faq presse"
    ),
    "navigation": (
        "home startseite accueil inicio menu menü navigation suche suchen search rechercher"
        " buscar cerca zoeken szukaj поиск skip springen zum inhalt content top nach oben"
        " zurück back next weiter vorherige vorheriger vorige nächste nächster previous prev"
        " older newer ältere neuere suivant précédent siguiente anterior successivo precedente"
        " volgende vorige next seite page pages seiten blättern archiv archive archives"
        " kategorien categories kategorie rubrik übersicht overview toggle close schließen"
        " schliessen open mehr anzeigen blog"
    ),
    "related": (
        "related ähnliche verwandte weitere auch interessant interessieren könnte könnten"
        " lesen read more mehr weiterlesen lire suite leer más leggi anche lees meer czytaj"
        " więcej читать далее similaires relacionados relacionadas correlati gerelateerde"
        " beliebt beliebte beliebteste meistgelesen meistgelesene popular trending latest"
        " recent neueste neuesten aktuelle aktuell letzte thema themen topics empfehlungen"
        " empfohlen recommended you may like derniers últimas últimos mais lidas passend dazu"
        " see also more from stories artikel articles beiträge posts news nachrichten"
        " schlagzeilen top"
    ),
    "author": (
        "by von par por door autor author redaktion editor editorial staff written verfasst"
        " geschrieben posted gepostet text foto fotos photo photos bild bilder credit quelle"
        " source dpa afp reuters getty imago redakteur correspondent journalist freie autorin"
        " über"
    ),
    "date": (
        "januar februar märz april mai juni juli august september oktober november dezember"
        " january february march may june july october december janvier février mars avril"
        " juin juillet août septembre octobre novembre décembre enero febrero marzo abril mayo"
        " junio julio agosto septiembre octubre noviembre diciembre jan feb mar apr jun jul"
        " aug sep sept okt oct nov dez dec montag dienstag mittwoch donnerstag freitag samstag"
        " sonntag monday tuesday wednesday thursday friday saturday sunday uhr ago vor tagen"
        " tage stunden stunde minuten days hours hour minutes weeks months years jahren"
        " monaten wochen updated aktualisiert zuletzt veröffentlicht erstellt am pm lesezeit"
        " read min stand datum date stycznia lutego marca kwietnia maja czerwca lipca sierpnia"
        " września października listopada grudnia января февраля марта апреля мая июня июля"
        " августа сентября октября ноября декабря gennaio febbraio aprile maggio giugno luglio"
        " settembre ottobre dicembre"
    ),
    "tag": (
        "tags tag tagged kategorie kategorien category categories schlagwort schlagwörter"
        " schlagworte stichwort stichworte filed under abgelegt veröffentlicht unter"
        " étiquettes etiquetas catégories tagi labels themen keywords stichworte"
    ),
    "ad": (
        "anzeige anzeigen werbung advertisement advertisements sponsored gesponsert"
        " sponsoring publicité publicidad pubblicità advertentie reklama реклама affiliate"
        " partnerlink amazon provision promo rabatt shop warenkorb kaufen bestellen buy cart"
        " price preis"
    ),
    "closed": (
        "closed geschlossen keine no noch kein deaktiviert disabled fermés cerrados first"
        " erste ersten leave hinterlasse hinterlassen schreibe schreiben verfassen hinzufügen"
        " add post publier laisser laissez deja dejar dodaj ajouter aggiungi lascia plaats"
        " write abgeben mitdiskutieren diskutieren join conversation login anzeigen ausblenden"
        " laden load"
    ),
}
"""Words by what a line that holds them may be. From the translations that WordPress, Blogger,
Disqus and the usual themes ship, not from any single site."""

NAMES = tuple(WORDS)
BIT = {name: 1 << number for number, name in enumerate(NAMES)}
BY_WORD: dict[str, int] = {}
for _name, _words in WORDS.items():
    for _word in _words.split():
        BY_WORD[_word] = BY_WORD.get(_word, 0) | BIT[_name]

_WORDS = re.compile(r"[\w’'-]+").findall
_HAS_DIGIT = re.compile(r"\d").search
_SPLIT = re.compile(r"[^\w’'-]+|(?<=\d)(?=[^\W\d])").split
_known = frozenset(BY_WORD).intersection


def words_mask(line: str) -> int:
    """What the words of a line hint at.

    Args:
      line: one line; "" and lines of more than `MAX_CHARS` characters hint at nothing.

    Returns:
      Bits by position in `NAMES`.
    """
    if len(line) > MAX_CHARS:
        return 0
    if kernel.compiled is not None:
        return kernel.compiled.words_mask(line, BY_WORD)
    line = line.lower()
    mask = 0
    for word in _known(_SPLIT(line) if _HAS_DIGIT(line) else _WORDS(line)):
        mask |= BY_WORD[word]
    return mask
