from __future__ import annotations

import pytest

from feed_reading import entries, read, read_fixture, refused
from penchant.catalog.feeds import DIALECTS
from penchant.errors import FeedFailed

URL = "https://feeds.example/x/feed.xml"


def item(inside: str, namespaces: str = "") -> str:
    return f'<rss version="2.0" {namespaces}><channel><title>T</title><item>{inside}</item></channel></rss>'


def test_a_blogs_rss_is_read_word_by_word() -> None:
    told, wrong = read_fixture("rss", "content/wordpress.rss", url=URL)

    assert wrong == []
    assert told == {
        "https://harbour.example/?p=4711": {
            "kind": "article",
            "title": "Ferry & fog: what the harbour master’s log says",
            "description": "Three crossings were called off on Friday. The log tells why. […]\n"
            "The post Ferry appeared first.",
            "url": "https://harbour.example/2026/11/ferry-and-fog/?utm_source=rss&utm_medium=feed",
            "topics": ["Harbour", "Weather & Tides"],
            "creator": "Mara Lindqvist",
            "length_s": 6.0,  # 23 words at 230 a minute
            "language": "en-GB",
            "published": "2026-11-21T17:05:00+00:00",
        },
        "https://harbour.example/2026/11/short-note/": {
            "kind": "article",
            "title": "Short note",
            "description": "Plain words only.",
            "url": "https://harbour.example/2026/11/short-note/",
            "language": "en-GB",
            "published": "2026-11-20T13:00:00+00:00",
        },
    }


def test_a_podcast_is_read_with_its_lengths_in_three_spellings() -> None:
    told, wrong = read_fixture("rss", "content/podcast.rss")
    common = {"kind": "podcast", "genre": "Society & Culture", "series": "Slow Hours", "language": "en-US"}

    assert wrong == []
    assert told == {
        "slow-hours-0012": {
            **common,
            "title": "The lighthouse keepers",
            "description": "Two sisters kept the light for forty years.",
            "url": "https://cdn.slowhours.example/e12.mp3",
            "image": "https://cdn.slowhours.example/e12.jpg",
            "topics": ["sea", "lighthouses", "history"],
            "creator": "Tom Akande",
            "episode": 12,
            "length_s": 3723.0,
            "published": "2026-11-19T05:00:00+00:00",
            "attributes": {"season": 3},
        },
        "slow-hours-t4": {
            **common,
            "title": "Trailer: season four",
            "url": "https://cdn.slowhours.example/t4.mp3",
            "image": "https://cdn.slowhours.example/cover.jpg",
            "format": "trailer",
            "creator": "Slow Hours Audio",
            "length_s": 95.0,
            "published": "2026-11-18T05:00:00+00:00",
            "age_rating": 18,
            "flags": ["explicit"],
        },
        "slow-hours-0013": {
            **common,
            "title": "The tide table",
            "url": "https://slowhours.example/13",
            "image": "https://cdn.slowhours.example/cover.jpg",
            "creator": "Slow Hours Audio",
            "episode": 13,
            "length_s": 2829.0,
        },
    }


def test_a_channels_atom_is_of_videos() -> None:
    told, wrong = read_fixture("atom", "content/channel.atom")

    assert wrong == []
    assert told == {
        "yt:video:abc_DEF-123": {
            "kind": "video",
            "title": "Why foam is white < and stays so",
            "description": "Bubbles, light and a whisk.\nChapters: 0:00 start",
            "url": "https://tube.example/watch?v=abc_DEF-123",
            "image": "https://i.tube.example/vi/abc_DEF-123/hq.jpg",
            "creator": "Kitchen Physics",
            "series": "Kitchen Physics",
            "published": "2026-11-14T15:00:12+00:00",
        }
    }


def test_a_feed_with_content_but_no_description_is_described_by_it() -> None:
    told, _ = read_fixture("rss", "content/essays.rss")

    assert told == {
        "https://essays.example/p/1a2b": {
            "kind": "article",
            "title": "O mar & a memória",
            "description": "Uma história curta.",
            "url": "https://essays.example/@ines/o-mar-1a2b?source=rss------2",
            "topics": ["memoria", "mar"],
            "creator": "Ines Carvalho",
            "length_s": 0.8,  # 3 words
            "published": "2026-11-10T22:31:05+00:00",
        }
    }


def test_media_words_tell_rights_and_those_that_cannot_be_kept_are_refused() -> None:
    told, wrong = read_fixture("rss", "content/clips.mrss", url=URL)

    assert told == {
        "clip-1": {
            "kind": "video",
            "title": "Tor des Tages",
            "description": "Aus 30 Metern.",
            "url": "https://feeds.example/clips/1",
            "image": "https://cdn.clips.example/1.jpg",
            "topics": ["fussball", "tor"],
            "creator": "Sportredaktion",
            "length_s": 93.0,
            "language": "de",
            "published": "2026-11-20T20:15:00+00:00",
            "available_from": "2026-11-20T20:00:00+00:00",
            "available_until": "2026-11-27T20:00:00+00:00",
            "regions": ["DE", "AT", "CH"],
        },
        "clip-4": {
            "kind": "track",
            "title": "Lied",
            "url": "https://feeds.example/clips/4",
            "length_s": 201.5,
            "language": "de",
            "age_rating": 18,
            "flags": ["explicit"],
        },
    }
    assert [(one.place, one.id, one.field) for one in wrong] == [
        (2, "clip-2", "media:restriction"),
        (3, "clip-3", "dcterms:valid"),
    ]


def test_atom_has_html_in_titles_markup_in_content_and_languages_of_its_own() -> None:
    told, wrong = read_fixture("atom", "content/blog.atom", timezone="Europe/Berlin")

    assert wrong == []
    assert told == {
        "tag:blog.example,2026:/notes/1": {
            "kind": "article",
            "title": "On undo & redo",
            "description": "How 1 < 2 becomes undo.",
            "url": "https://blog.example/notes/1",
            "image": "https://img.blog.example/1.png",
            "topics": ["Editors", "history"],
            "creator": "R. Osei",
            "length_s": 1.0,  # 4 words
            "language": "en",
            "published": "2026-11-19T20:00:00+00:00",
        },
        "tag:blog.example,2026:/notes/2": {
            "kind": "article",
            "title": "Une note",
            "description": "Bonjour",
            "url": "https://blog.example/notes/2",
            "creator": "A. Petit",
            "length_s": 0.3,
            "language": "fr",
            "published": "2026-11-17T23:00:00+00:00",
        },
    }


def test_rss_1_and_rss_0_91_are_read() -> None:
    assert read_fixture("rss", "content/digest.rdf")[0] == {
        "https://digest.example/a/1": {
            "kind": "article",
            "title": "El año del agua",
            "description": "Un resumen",
            "url": "https://digest.example/a/1",
            "topics": ["agua"],
            "creator": "Luz Marín",
            "language": "es",
            "published": "2026-11-02T07:00:00+00:00",
        }
    }
    assert read_fixture("rss", "content/old.rss")[0] == {
        "http://old.example/1.html": {
            "kind": "article",
            "title": "No guid in those days",
            "description": "One line.",
            "url": "http://old.example/1.html",
            "language": "en",
        }
    }


def test_json_feed_is_read_with_its_attachments() -> None:
    told, wrong = read_fixture("jsonfeed", "content/notes.json", url="https://notes.example/feed.json")

    assert told == {
        "https://notes.example/2026/owls": {
            "kind": "article",
            "title": "Counting owls",
            "description": "A night on the ridge.",
            "url": "https://notes.example/2026/owls",
            "image": "https://notes.example/owl.jpg",
            "topics": ["owls", "night"],
            "creator": "Kim Sato",
            "length_s": 1.6,  # 6 words
            "language": "en-US",
            "published": "2026-11-12T12:30:00+00:00",
        },
        "17": {
            "kind": "podcast",
            "title": "The ridge, by ear",
            "description": "A recording.",
            "url": "https://notes.example/2026/ridge",
            "creator": "Field Desk",
            "series": "Field Notes",
            "length_s": 754.0,
            "language": "en-US",
            "published": "2026-11-10T00:00:00+00:00",
        },
    }
    assert [(one.place, one.id, one.field) for one in wrong] == [
        (3, "", "id"),
        (4, "https://notes.example/2026/owls", "id"),
    ]
    assert wrong[1].reason == "the id stands already at 1"


def test_json_feed_1_0_has_one_author() -> None:
    told, _ = read_fixture("jsonfeed", "content/micro.json")

    assert told["m1"]["creator"] == "Bo"
    assert told["m1"]["url"] == "https://elsewhere.example/x"


@pytest.mark.parametrize("dialect", ["rss", "atom", "jsonfeed"])
@pytest.mark.parametrize("name", ["content/old.rss", "content/blog.atom", "content/micro.json"])
def test_feeds_are_told_apart_by_what_is_in_them(dialect: str, name: str) -> None:
    assert read_fixture(dialect, name)[0]


def test_a_feed_of_news_tells_of_the_latest_alone() -> None:
    assert not any(DIALECTS[name].whole for name in ("rss", "atom", "jsonfeed"))


def test_an_id_that_is_no_address_stays_what_it_is() -> None:
    assert list(entries(read("rss", item("<guid>4711</guid><title>a</title>"), url=URL))) == ["4711"]


@pytest.mark.parametrize(
    ("inside", "word"),
    [
        ("<title>no id</title>", "guid"),
        (f"<guid>{'x' * 201}</guid>", "guid"),
        ("<guid isPermaLink='false'>a</guid><link>javascript:alert(1)</link>", "link"),
        ("<guid isPermaLink='false'>a</guid><expirationDate>next week</expirationDate>", "dcterms:valid"),
    ],
)
def test_entries_that_cannot_be_taken_are_refused(inside: str, word: str) -> None:
    assert [wrong[2] for wrong in refused(read("rss", item(inside)))] == [word]


def test_what_only_adorns_is_left_out_when_it_cannot_be_read() -> None:
    told = read(
        "rss",
        item(
            "<guid isPermaLink='false'>a</guid><pubDate>sometime</pubDate><i:duration>long</i:duration>"
            "<i:image href='data:image/png;base64,AAAA'/><language>klingon language</language><i:episode>0</i:episode>",
            'xmlns:i="http://www.itunes.com/dtds/podcast-1.0.dtd"',
        ),
    )

    assert entries(told) == {"a": {"kind": "article"}}


@pytest.mark.parametrize(
    ("author", "creator"),
    [
        ("ann@site.example (Ann Lee)", "Ann Lee"),
        ("Ann Lee &lt;ann@site.example&gt;", "Ann Lee"),
        ("ann@site.example", None),
    ],
)
def test_a_creator_is_a_name_and_never_an_address(author: str, creator: str | None) -> None:
    told = entries(read("rss", item(f"<guid isPermaLink='false'>a</guid><author>{author}</author>")))

    assert told["a"].get("creator") == creator


def test_texts_that_take_a_parser_long_are_cut() -> None:
    author, topics = "a" * 200_000, "".join(f"<category>t{n}</category>" for n in range(3_000))
    told = entries(read("rss", item(f"<guid isPermaLink='false'>a</guid><author>{author}</author>{topics}")))

    assert len(told["a"]["topics"]) == 50
    assert len(told["a"]["creator"]) == 200


def test_a_feed_that_breaks_off_fails_after_what_it_told() -> None:
    with pytest.raises(FeedFailed, match="atom: it breaks off") as failed:
        read("atom", "<rss><channel><item><guid>1</guid></item><item>")

    assert failed.value.step == "read"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("<urlset/>", "begins with <urlset>"),
        ('{"items": []}', "no JSON Feed"),
        ('{"version": "https://jsonfeed.org/version/1.1"}', 'no "items"'),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": [', "no JSON"),
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
        ("plain words", "no XML"),
        ('{"a": "' + "x" * (33 * 1024 * 1024), "larger than 32 MB"),
    ],
    ids=["sitemap", "json", "no items", "cut", "deep lists", "deep objects", "words", "33 MB"],
)
def test_what_is_no_feed_fails_with_a_reason(data: str, reason: str) -> None:
    with pytest.raises(FeedFailed, match=reason):
        read("rss", data)


def test_json_that_is_no_utf_8_is_read() -> None:
    data = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "a", "title": "Größe"}, 5]}'
    for encoding in ("cp1252", "utf-16", "utf-8-sig"):
        told = read("jsonfeed", data.encode(encoding))
        assert entries(told)["a"]["title"] == "Größe"
        assert refused(told) == [(2, "", "items")]
