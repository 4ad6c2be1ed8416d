"""Pages without a mistake, as owners have made them from 1998 to today: `formmail check` finds nothing in them."""
SITE = "www.customer.example"
PATH = "/freecgi/FormMail/index.cgi"


def hidden(name, value):
    return f'<input type="hidden" name="{name}" value="{value}">'


NINETIES = f"""<HTML><HEAD><TITLE>お問い合わせ</TITLE>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=x-sjis"></HEAD>
<BODY BGCOLOR=#FFFFFF TEXT=#000000><CENTER><FONT SIZE=5 COLOR=blue>お問い合わせ</FONT><BR>
<TABLE BORDER=1><FORM METHOD=POST ACTION="{PATH}">
<INPUT TYPE=hidden NAME=_profile_ VALUE=Contact>
<INPUT TYPE=hidden NAME=_label_ VALUE="name:お名前:required">
<INPUT TYPE=hidden NAME=_label_ VALUE="email:メールアドレス:required:email">
<INPUT TYPE=hidden NAME=_label_ VALUE="text:ソフトの表示:max=2000">
<TR><TD NOWRAP>お名前<TD><INPUT NAME=name SIZE=30>
<TR><TD>メール<TD><INPUT NAME=email SIZE=30>
<TR><TD COLSPAN=2><TEXTAREA NAME=text ROWS=5 COLS=40 WRAP=hard></TEXTAREA>
<TR><TD COLSPAN=2 ALIGN=center><INPUT TYPE=submit VALUE=" 送 信 "><INPUT TYPE=reset VALUE="取消">
</FORM></TABLE></CENTER></BODY></HTML>"""

HOMEPAGE_BUILDER = f"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<html><head><meta http-equiv="Content-Style-Type" content="text/css">
<meta http-equiv="Content-Type" content="text/html; charset=EUC-JP">
<!--$imagelink--><title>資料請求</title><script language="JavaScript"><!--
function check(f){{ if (f.name.value == '') {{ alert('<form>に記入してください'); return false; }} return true; }}
document.write('<input name="not_there">');
//--></script></head><body>
<form action='{PATH}' method='post' onsubmit='return check(this)' name=f1>
<input type='hidden' name='_profile_' value='Contact'/><input type='hidden' name='_lang_' value='ja'/>
<input type='hidden' name='_label_' value='name:お名前:required'/>
<input type='hidden' name='_label_' value='email:メール:email'/>
<input type='hidden' name='_label_' value='pref:都道府県:required'/>
<input type='hidden' name='_label_' value='how:お知りになったきっかけ'/>
<input type='hidden' name='_conf_enable_' value='1'/><input type='hidden' name='_conf_title_' value='ご確認'/>
<input type=text name='name'><input type=text name='email' istyle=3>
<select name=pref><option value=''>選択<option>東京都<option>大阪府</select>
<input type=checkbox name=how value='検索'>検索<input type=checkbox name=how value='知人'>知人
<input type=image src=send.gif alt=送信>
</form></body></html>"""

MOBILE = f"""<html><head><meta http-equiv="content-type" content="text/html; charset=Shift_JIS"><title>問合せ</title></head>
<body><form action="{PATH}" method="post" accept-charset="Shift_JIS"><input type="hidden" name="_profile_" value="Contact">
<input type="hidden" name="_label_" value="name:ｵﾅﾏｴ:required"><input type="hidden" name="_label_" value="email:ﾒｰﾙ:email">
ｵﾅﾏｴ<input type="text" name="name" istyle="1" size="12" maxlength="20"><br>
ﾒｰﾙ<input type="text" name="email" istyle="3" size="12"><br><input type="submit" value="送信" accesskey="0"></form></body></html>"""

XHTML = f"""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="ja" lang="ja"><head><title>お申込み</title></head><body>
<form method="post" action="http://{SITE}{PATH}"><div>
<input type="hidden" name="_charset_" /><input type="hidden" name="_profile_" value="Contact" />
<input type="hidden" name="_label_" value="name:お名前:required" /><input type="hidden" name="_label_" value="email:メール:email" />
<input type="hidden" name="_label_" value="course:コース:required" /><input type="hidden" name="_label_" value="agree:規約への同意:required" />
<input type="hidden" name="_label_" value="time:ご希望の時間 (例 10:30)" />
<input type="text" name="name" /><input type="text" name="email" /><input type="text" name="time" />
<input type="radio" name="course" value="A" checked="checked" />A<input type="radio" name="course" value="B" />B
<input type="checkbox" name="agree" value="同意する" /><input type="submit" value="送信" /></div></form></body></html>"""

HTML5 = f"""<!doctype html><html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>お問い合わせ</title><link rel="stylesheet" href="https://cdn.example/bootstrap.min.css">
<style>@media (max-width: 600px) {{ form > p {{ color: red }} }} /* <form> */</style></head><body>
<header><form action="/search" role="search"><input type="search" name="q"><button>検索</button></form></header>
<form id="contact" method="post" action="{PATH}" class="row g-3" novalidate data-label="a:b:required" @submit.prevent="x">
{hidden('_profile_', 'Contact')}{hidden('_label_', 'name:お名前（漢字）:required')}{hidden('_label_', 'email:メール:required:email')}
{hidden('_label_', 'email2:メール（確認）:match=email')}{hidden('_label_', 'day:ご希望日:date')}{hidden('_label_', 'n:人数:number')}
{hidden('_label_', 'tags:ご興味')}{hidden('_label_', 'msg:内容:min=5:max=1000')}{hidden('_honeypot_', 'homepage')}
{hidden('_comp_return_text_', '戻る')}{hidden('_comp_return_url_', 'index.html')}
<fieldset><legend>お客さま</legend><label for="n">お名前</label><input id="n" name="name" autocomplete="name" required>
<input type="email" name="email" placeholder="メールアドレス"><input type="email" name="email2"></fieldset>
<input type="date" name="day"><input type="number" name="n" min="1" max="20">
<select name="tags" multiple size="3"><optgroup label="食"><option>和食</option><option selected>洋食</option></optgroup></select>
<textarea name="msg" maxlength="1000"></textarea>
<div hidden><input name="homepage" tabindex="-1"></div>
<template><input name="row"></template><noscript><p>スクリプトは要りません</p></noscript>
<svg width="1" height="1"><title>x</title></svg>
</form><button type="submit" form="contact">送信</button></body></html>"""

FILES = f"""<!doctype html><meta charset=utf-8><title>応募</title>
<form method=post action={PATH} enctype=multipart/form-data accept-charset=utf-8>
{hidden('_profile_', 'Contact')}{hidden('_label_', 'name:お名前:required')}{hidden('_label_', 'email:メール:email')}
{hidden('_label_', 'cv:履歴書:required:file=pdf,doc,docx')}{hidden('_label_', 'photo:写真:file=jpg,png')}{hidden('_conf_enable_', '1')}
<input name=name><input name=email><input type=file name=cv accept=.pdf><input type=file name=photo accept="image/*" capture>
<button>送る</button></form>"""

SSL = f"""<html><head><meta charset="utf-8"><link rel="stylesheet" href="/{SITE}/style.css"><title>SSL</title></head><body>
<form method="post" action="/{SITE}{PATH}">{hidden('_profile_', 'Contact')}{hidden('_css_url_', f'/{SITE}/FormMail/Contact/default.css')}
{hidden('_label_', 'name:お名前:required')}{hidden('_label_', 'email:メール:email')}{hidden('_conf_enable_', '1')}
{hidden('_comp_return_url_', f'http://{SITE}/')}<input name="name"><input name="email"><input type="submit"></form></body></html>"""

ENGLISH = f"""<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><title>Contact us</title></head><body>
<!--[if lt IE 9]><form action="/old.cgi"><input name="old"></form><![endif]-->
<form method="POST" action="{PATH}?from=home">{hidden('_profile_', 'Contact')}{hidden('_lang_', 'en')}
{hidden('_label_', 'name:Name: first and last:required')}{hidden('_label_', 'email:E-mail, or none:email')}{hidden('_label_', 'ratio:Odds 10:1')}
{hidden('_label_', 'from:How did you hear of us?')}{hidden('_label_', 'item:Item')}{hidden('item', 'Bag &amp; belt')}{hidden('utm_source', 'x')}
<p><label>Name <input name="name"></label> <label>E-mail <input name="email" type="email"></label> <input name="ratio">
<input list="sources" name="from"><datalist id="sources"><option value="A friend"></datalist>
<button type="button" onclick="x()">Help</button> <button type="submit" name="go" value="1">Send</button></form></body></html>"""

FRENCH = f"""<!DOCTYPE html><html lang="fr"><head><meta charset="iso-8859-1"><title>Écrivez-nous</title></head><body>
<form method="post" action="{PATH}" accept-charset="utf-8">{hidden('_profile_', 'Contact')}{hidden('_lang_', 'en')}
{hidden('_label_', 'name:Prénom et nom:required')}{hidden('_label_', 'email:Adresse électronique:email')}
<input name="name"><input name="email"><input type="submit" value="Envoyer à l’équipe"></form></body></html>"""

TWO_FORMS = f"""<!DOCTYPE html><meta charset="utf-8"><title>二つ</title><base href="http://{SITE}/">
<form method="post" action="{PATH}">{hidden('_profile_', 'Contact')}{hidden('_label_', 'name:お名前:required')}{hidden('_label_', 'email:メール:email')}
<input name="name"><input name="email"><input type="submit"></form><hr>
<form method="post" action="{PATH}">{hidden('_profile_', 'Contact')}{hidden('_label_', 'tel:電話:required:tel')}{hidden('_label_', 'email:メール:email')}
{hidden('_conf_enable_', '0')}<input name="tel"><input name="email"><input type="submit"></form>"""

WORD = f"""<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta http-equiv=Content-Type content="text/html; charset=utf-8">
<meta name=Generator content="Microsoft Word 11"><!--[if gte mso 9]><xml><o:Author>山田</o:Author></xml><![endif]-->
<title>アンケート</title></head><body lang=JA><p class=MsoNormal><o:p>&nbsp;</o:p></p>
<form method=post action="{PATH}"><input type=hidden name=_profile_ value=Contact><input type=hidden name=_label_ value=q1:満足度:required>
<input type=hidden name=_label_ value=email:メール:email><p class=MsoNormal><input type=radio name=q1 value=満足>満足<o:p></o:p></p>
<p class=MsoNormal><input type=radio name=q1 value=不満>不満</p><input name=email><input type=submit value=送信></form></body></html>"""

KINDS = f"""<!DOCTYPE html><meta charset="utf-8"><title>kinds</title><form method="post" action="{PATH}">{hidden('_profile_', 'Contact')}
{hidden('_label_', 'email:メール:email')}{hidden('_label_', 'kana:フリガナ:katakana:required')}{hidden('_label_', 'hira:ふりがな:hiragana')}
{hidden('_label_', 'zip:郵便番号:zip')}{hidden('_label_', 'tel:電話:tel')}{hidden('_label_', 'site:サイト:url')}{hidden('_label_', 'count:数:number')}
{hidden('_label_', 'day:日:date')}{hidden('_label_', 'code:番号:min=4:max=4')}{hidden('_label_', 'item[]:品物')}{hidden('_label_', '項目:日本語の名前')}
<input name="email"><input name="kana"><input name="hira"><input name="zip"><input name="tel"><input name="site"><input name="count">
<input name="day"><input name="code" maxlength="4"><input type="checkbox" name="item[]" value="本"><input type="checkbox" name="item[]" value="CD">
<input name="項目"><input type="submit"></form>"""

PHP = "<?php $title = 'お問い合わせ'; if (1 > 0) { echo '<form>'; } ?>\n" + ENGLISH

_PAGES = {
    "nineties": (NINETIES, "cp932"), "homepage builder": (HOMEPAGE_BUILDER, "euc_jp"), "mobile": (MOBILE, "cp932"),
    "xhtml": (XHTML, "utf-8"), "html5": (HTML5, "utf-8"), "files": (FILES, "utf-8"), "ssl": (SSL, "utf-8"),
    "english": (ENGLISH, "utf-8"), "french": (FRENCH.replace("’", "'"), "iso-8859-1"), "two forms": (TWO_FORMS, "utf-8"),
    "word": (WORD, "utf-8"), "kinds": (KINDS, "utf-8"), "php": (PHP, "utf-8"),
    "with mark": (HTML5, "utf-8-sig"), "crlf": (HTML5.replace("\n", "\r\n"), "utf-8"), "cr": (KINDS.replace("\n", "\r"), "utf-8"),
    "jis": (KINDS.replace('charset="utf-8"', 'charset="iso-2022-jp"'), "iso2022_jp"),
    "kinds in sjis": (KINDS.replace('charset="utf-8"', 'charset="shift_jis"'), "cp932"),
    "kinds in euc": (KINDS.replace('charset="utf-8"', 'charset="euc-jp"'), "euc_jp"),
    "euc page, utf-8 mail": (HTML5.replace('charset="utf-8"', 'charset="euc-jp"').replace('class="row', 'accept-charset="utf-8" class="row'), "euc_jp"),
    "ends early": (TWO_FORMS.removesuffix("</form>"), "utf-8"),
}
GOOD_PAGES = {name: page.encode(charset) for name, (page, charset) in _PAGES.items()}
