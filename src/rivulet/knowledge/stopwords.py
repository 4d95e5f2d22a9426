"""Function words that carry no subject, left out of the index and of every comparison.

One list for all languages, because a term must not depend on a guess of the language. A word stands here only
if it means nothing in the other languages of its script: `_AMBIGUOUS` names those taken out again (German
"die" and "war", Italian "era", Dutch "door"), which are left to their idf like the English month "may".
"""

_ENGLISH = """
a about above after again against all also am among an and any are aren as at be because been before being
below between both but by can cannot could couldn did didn do does doesn doing don down during each else
ever every few for from further had hadn has hasn have haven having he her here hers herself him himself his
how however i if in into is isn it its itself just ll many me more most much my myself nor not of off often
on once only onto or other our ours ourselves out over own per re s same she should shouldn since so some
such t than that the their theirs them themselves then there these they this those through thus to too
toward under until up upon ve very was wasn we were weren what when where whether which while who whom whose
why will with within without would wouldn yet you your yours yourself yourselves
"""

_GERMAN = """
aber als am auf aus bei beim bin bis bist da dabei dadurch damit dann das dass dein dem der deren des dessen
diese diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es euch für habe
haben hatte hatten ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ist jede jedem jeden jeder jedes jedoch kann
kein keine keinem keinen keiner können mein mich mir mit nach nicht noch nur ob oder ohne sehr sein seine
seinem seinen seiner sich sie sind so sowie über um und uns unter vom von vor wann warum was weil welche
welchem welchen welcher welches wenn wer werden wie wieder wird wir wo wurde wurden zu zum zur zwischen
"""

_ROMANCE = """
al alla alle allo ai au aux avec che ce cette ces c comme como cu cual cuál cuáles cuando cuándo d dans de
dei degli del della delle dello des din do dos da das donde dónde du è el elle elles em en entre es est et
este était être é fi foi fost il ils în je l la las le les lo los lui mais más mas mi ne nella nel
nous où ou para pas por pour qu qual quand quando que qué quel quelle quelles quels qui quien quién quienes
quiénes cómo care ce când cine unde pe sau și şi se ser ses si sobre son est sont su sua sue suo sur também
també tra très un una unas une uno unos um uma uns vos vous y à às ao aos está están estaba era eran fue
fueron ha han sono non per nell dell all questo questa quello quale quali cosa perché dove come
mai este sunt este cel cea cei cele lui ale ai fost era lor
"""

_DUTCH_NORDIC = """
aan als bij dat de deze dit door een en er het hoe hun ik in is je maar met naar niet of ook om onder op
over te tot uit van voor waar wanneer waarom was wat welke werd wie wordt worden zich zij zijn zoals
att av det den dem der det en ett för från han hon hur i inte jag med och om på som till var vad vem är
af at de der det du en er et for fra har hvad hvem hvor hvordan ikke jeg med og på skal som til ved var
"""

_TURKISH_VIETNAMESE = """
bir bu da daha de en gibi hangi hangisi için ile kadar kaç kim mi mı mu mü nasıl ne neden nerede olan olarak
oldu sonra ve veya ya
bao bị bởi các cái của cho có đã đang được gì hay khi không là làm mà nào này như những thì trong từ tại và
vào về với
"""

_RUSSIAN_GREEK = """
а без более бы был была были было в вам вас весь во вот все всего всех вы где для до его ее её ему если есть
еще ещё же за и из или им их к как какая какие каким какое какой каких кем когда кого кому которая которое
которые который которых кто ли мы на над не него нее но о об он она они оно от по под после почему при с свои
со сколько так также такие такой там те тем то того тоже той только том у уже чего чем что чтобы эта эти это
этого этой этом этот я
αλλά αν από για δεν είναι είχε ενώ η ή ήταν θα και κατά με μετά μια μία μιας να ο οι όπως όταν ότι ποια ποιά
ποιες ποιο ποιό ποιοι ποιος ποιός πολύ που πού πώς σαν σε στα στη στην στις στο στον στους τα την της τι τις
το τον του τους των ως
"""

_ARABIC_HINDI = """
أن أو أي أين إلى إن التي الذي الذين بين تم ثم حتى حيث ذلك عن على عند في قد كان كانت كم كيف لا لم لماذا ليس ما
متى مع من منذ هذا هذه هل هم هو هي و وقد ولا وهو
अपना अपनी अपने इन इस इसके उन उस उसके एक ऐसे और कब कहाँ कहा का कि किन किस किसने किसी की के को कौन कौनसा क्या
क्यों कितना कितनी कितने जब जिस जो तक तथा तो था थी थे द्वारा ने पर बाद भी में यह या ये रहा रहे लिए वह वे से हुआ
हुई हुए है हैं हो होता होती होते
"""

_AMBIGUOUS = """
ai au bin c con cosa d die door e era fi foi han hun kim m mai met o sin son sue till u van var war y
"""

STOPWORDS: frozenset[str] = frozenset(
    " ".join(
        (
            _ENGLISH,
            _GERMAN,
            _ROMANCE,
            _DUTCH_NORDIC,
            _TURKISH_VIETNAMESE,
            _RUSSIAN_GREEK,
            _ARABIC_HINDI,
        )
    ).split()
) - frozenset(_AMBIGUOUS.split())
"""Case-folded. A word in capitals (IT, WHO) is never one of them; the analyser sees to that."""
