#!/usr/bin/python3
"""Makes the tables of DNS messages that the tests compare with.

    python3 vectors.py tsig >tsig_vectors.h
    python3 vectors.py message >message_vectors.h

The messages come from dnspython, so that our tests ask an implementation
that shares nothing with ours.
"""

import struct
import sys

import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.update

ID = 0x1234
NOW = 1767225600  # 2026-01-01
SECRET = b"0123456789abcdef0123456789abcdef"
OTHER_SECRET = b"0123456789abcdef0123456789abcdeF"
KEY_NAME = "key.dyn.example.org"
ALGORITHMS = {
    # dnspython would write it in capitals
    "MD5": dns.name.from_text("hmac-md5.sig-alg.reg.int"),
    "SHA1": dns.tsig.HMAC_SHA1,
    "SHA224": dns.tsig.HMAC_SHA224,
    "SHA256": dns.tsig.HMAC_SHA256,
    "SHA384": dns.tsig.HMAC_SHA384,
    "SHA512": dns.tsig.HMAC_SHA512,
}
SHA256 = dns.tsig.HMAC_SHA256
HOUR = 3600
YEAR = 365 * 86400


def header(wire):
    return list(struct.unpack("!6H", wire[:12]))


def with_header(wire, **fields):
    names = ["id", "flags", "qd", "an", "ns", "ar"]
    values = header(wire)
    for name, value in fields.items():
        values[names.index(name)] = value
    return struct.pack("!6H", *values) + wire[12:]


# The query, its answer, and TSIG records


def the_query():
    query = dns.message.make_query("h1.dyn.example.org", "A", id=ID)
    query.flags = 0
    return query


def the_answer():
    answer = dns.message.make_response(the_query())
    answer.flags |= dns.flags.AA
    answer.answer.append(
        dns.rrset.from_text(
            "h1.dyn.example.org.", 60, "IN", "A", "192.0.2.1"
        )
    )
    return answer.to_wire()


def tsig_rdata(
    wire,
    secret=SECRET,
    algorithm=SHA256,
    name=KEY_NAME,
    time=NOW,
    fudge=300,
    error=0,
    other=b"",
    original_id=ID,
    request_mac=b"",
):
    key = dns.tsig.Key(name, secret, algorithm)
    unsigned = dns.rdtypes.ANY.TSIG.TSIG(
        dns.rdataclass.ANY,
        dns.rdatatype.TSIG,
        algorithm,
        time,
        fudge,
        b"",
        original_id,
        error,
        other,
    )
    return dns.tsig.sign(wire, key, unsigned, time, request_mac)[0]


def tsig_record(rdata, owner=None, klass=255, ttl=0):
    if owner is None:
        owner = dns.name.from_text(KEY_NAME).to_wire()
    data = rdata if isinstance(rdata, bytes) else rdata.to_wire()
    fixed = struct.pack("!HHIH", 250, klass, ttl, len(data))
    return owner + fixed + data


def append(wire, record, section="ar"):
    at = {"an": 3, "ns": 4, "ar": 5}[section]
    return with_header(wire, **{section: header(wire)[at] + 1}) + record


def signed(wire, record=None, **how):
    return append(wire, tsig_record(tsig_rdata(wire, **how), **(record or {})))


def hex_literal(wire, indent="\t  "):
    """C string pieces of 64 digits, at least one."""
    text = wire.hex()
    pieces = [text[i : i + 64] for i in range(0, len(text), 64)] or [""]
    return "\n".join(f'{indent}"{piece}"' for piece in pieces)


def print_head(what):
    guard = f"DDNSGATE_TESTS_{what.upper()}_VECTORS_H"
    print(f"#ifndef {guard}\n#define {guard}\n")
    print(f'/* Made by "python3 vectors.py {what}".  Do not edit. */\n')


# The tables of tsig_test.c


def print_algorithms():
    print("/* The query signed, and its answer, by each algorithm. */")
    print("static const struct algorithm_row {\n\tconst char *name;")
    print("\tenum tsig_algorithm algorithm;\n\tconst char *request;")
    print("\tconst char *answer;\n} algorithm_rows[] = {")
    query = the_query().to_wire()
    answer = the_answer()
    for name, algorithm in ALGORITHMS.items():
        mac = tsig_rdata(query, algorithm=algorithm).mac
        request = signed(query, algorithm=algorithm)
        reply = signed(answer, algorithm=algorithm, request_mac=mac)
        print(f'\t{{ "{name}", TSIG_HMAC_{name},')
        print(hex_literal(request) + ",")
        print(hex_literal(reply) + " },")
    print("};\n")


def answers():
    """Rows of name, seconds that our clock is ahead, outcome, message."""
    base = the_answer()
    mac = tsig_rdata(the_query().to_wire()).mac
    ours = {"request_mac": mac}

    def sign(wire=base, record=None, **how):
        return signed(wire, record, **{**ours, **how})

    def edit(**fields):
        """A valid RDATA with fields changed after signing."""
        rdata = tsig_rdata(base, **ours).replace(**fields)
        return append(base, tsig_record(rdata))

    def cut_mac(length):
        whole = tsig_rdata(base, **ours).mac
        return edit(mac=(whole + whole)[:length])

    def error(code, **how):
        """An unsigned TSIG error, as servers send it."""
        rdata = tsig_rdata(base, error=code, **how).replace(mac=b"")
        notauth = header(base)[1] | 9
        return append(with_header(base, flags=notauth), tsig_record(rdata))

    good = sign()
    rdata = tsig_rdata(base, **ours).to_wire()
    record = tsig_record(rdata)
    name = dns.name.from_text(KEY_NAME).to_wire()
    below_zone = b"\x03key" + struct.pack("!H", 0xC000 | 15)
    address = good[len(base) - 16 : len(base)]
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)
    time_now = struct.pack("!HI", 0, NOW + HOUR)
    end = len(base)

    yield "plain", 0, "OK", good
    yield "owner compressed", 0, "OK", sign(record={"owner": below_zone})
    yield "owner in upper case", 0, "OK", sign(record={"owner": name.upper()})
    yield "algorithm in upper case", 0, "OK", append(
        base, tsig_record(b"\x0bHMAC-SHA256" + rdata[12:])
    )
    yield "EDNS before it", 0, "OK", sign(append(base, opt))
    yield "a forwarder's ID", 0, "OK", with_header(good, id=0x4321)
    yield "300 s old", 300, "OK", good
    yield "301 s old", 301, "DNS_STALE", good
    yield "300 s ahead", -300, "OK", good
    yield "301 s ahead", -301, "DNS_STALE", good
    yield "no fudge, no time", 0, "OK", sign(fudge=0)
    yield "no fudge, one second", 1, "DNS_STALE", sign(fudge=0)
    yield "much fudge, little time", 300, "OK", sign(fudge=65535)
    yield "much fudge, an hour", HOUR, "DNS_STALE", sign(fudge=65535)
    yield "a year old", 0, "DNS_STALE", sign(time=NOW - YEAR)
    yield "an hour ahead", 0, "DNS_STALE", sign(time=NOW + HOUR)
    yield "in the year 2106", 0, "DNS_STALE", sign(time=1 << 32)

    yield "other secret", 0, "DNS_MAC", sign(secret=OTHER_SECRET)
    yield "other secret, a year old", 0, "DNS_MAC", sign(
        secret=OTHER_SECRET, time=NOW - YEAR
    )
    for other in ("MD5", "SHA1", "SHA512"):
        yield f"same secret, {other}", 0, "DNS_MAC", sign(
            algorithm=ALGORITHMS[other]
        )
    yield "MAC of SHA1 as ours", 0, "DNS_MAC", append(
        base,
        tsig_record(
            tsig_rdata(base, algorithm=dns.tsig.HMAC_SHA1, **ours).replace(
                algorithm=SHA256
            )
        ),
    )
    yield "hmac-sha256-128", 0, "DNS_MAC", sign(
        algorithm=dns.tsig.HMAC_SHA256_128
    )
    yield "other key name", 0, "DNS_MAC", sign(
        name="yek.example", record={"owner": b"\x03yek\x07example\0"}
    )
    yield "other key name, our MAC", 0, "DNS_MAC", sign(
        record={"owner": b"\x03yek\x07example\0"}
    )
    yield "MAC empty", 0, "DNS_MAC", cut_mac(0)
    yield "MAC of one byte", 0, "DNS_MAC", cut_mac(1)
    yield "MAC cut in half", 0, "DNS_MAC", cut_mac(16)
    yield "MAC one byte short", 0, "DNS_MAC", cut_mac(31)
    yield "MAC one byte long", 0, "DNS_MAC", cut_mac(33)
    yield "MAC of 64 bytes", 0, "DNS_MAC", cut_mac(64)
    yield "without the request's MAC", 0, "DNS_MAC", sign(request_mac=b"")
    yield "to another request", 0, "DNS_MAC", sign(request_mac=bytes(32))
    yield "other original ID", 0, "DNS_MAC", edit(original_id=0x4321)
    yield "time changed", 0, "DNS_MAC", edit(time_signed=NOW + 1)
    yield "fudge changed", 0, "DNS_MAC", edit(fudge=301)
    yield "error changed", 0, "DNS_MAC", edit(error=18)
    yield "address changed", 0, "DNS_MAC", good[: end - 1] + b"\x02" + good[
        end:
    ]

    yield "BADKEY unsigned", 0, "DNS_BADKEY", error(17)
    yield "BADSIG unsigned", 0, "DNS_BADSIG", error(16)
    yield "BADTIME unsigned", 0, "DNS_MAC", error(18, other=time_now)
    yield "BADKEY, wrong MAC", 0, "DNS_MAC", sign(
        error=17, secret=OTHER_SECRET
    )
    yield "BADKEY, right MAC", 0, "DNS_RCODE", sign(error=17)
    yield "BADTIME", 0, "DNS_BADTIME", sign(error=18, other=time_now)
    yield "BADTIME, wrong MAC", 0, "DNS_MAC", sign(
        error=18, other=time_now, secret=OTHER_SECRET
    )
    yield "BADTIME, a year old", 0, "DNS_STALE", sign(
        error=18, other=time_now, time=NOW - YEAR
    )
    yield "BADTIME without time", 0, "DNS_GARBAGE", sign(error=18)
    yield "BADTRUNC", 0, "DNS_RCODE", sign(error=22)

    yield "no TSIG", 0, "DNS_UNSIGNED", base
    yield "only a header", 0, "DNS_UNSIGNED", with_header(
        base[:12], qd=0, an=0
    )
    yield "nothing", 0, "DNS_GARBAGE", b""
    yield "half a header", 0, "DNS_GARBAGE", base[:11]
    yield "garbage", 0, "DNS_GARBAGE", bytes(range(7, 200, 3))
    yield "extra byte behind", 0, "DNS_GARBAGE", good + b"\0"
    yield "one byte short", 0, "DNS_GARBAGE", good[:-1]
    yield "cut before TSIG", 0, "DNS_GARBAGE", good[:end]
    yield "a record too many", 0, "DNS_GARBAGE", with_header(good, ar=2)
    yield "65535 of everything", 0, "DNS_GARBAGE", with_header(
        good, qd=65535, an=65535, ns=65535, ar=65535
    )
    yield "TSIG not last", 0, "DNS_GARBAGE", append(good, opt)
    yield "two TSIGs", 0, "DNS_GARBAGE", append(good, record)
    yield "TSIG over TSIG", 0, "DNS_GARBAGE", sign(good)
    yield "TSIG among answers", 0, "DNS_GARBAGE", append(base, record, "an")
    yield "TSIG as authority", 0, "DNS_GARBAGE", append(base, record, "ns")
    yield "TSIG before an address", 0, "DNS_GARBAGE", append(
        good, address, "ar"
    )
    yield "class IN", 0, "DNS_GARBAGE", sign(record={"klass": 1})
    yield "TTL not 0", 0, "DNS_GARBAGE", sign(record={"ttl": 1})
    yield "RDATA too long", 0, "DNS_GARBAGE", append(
        base, tsig_record(rdata + b"\0")
    )
    yield "RDATA too short", 0, "DNS_GARBAGE", append(
        base, tsig_record(rdata[:-1])
    )
    yield "RDATA empty", 0, "DNS_GARBAGE", append(base, tsig_record(b""))
    yield "other data missing", 0, "DNS_GARBAGE", append(
        base, tsig_record(rdata[:-2] + b"\x00\x06")
    )
    yield "MAC length too long", 0, "DNS_GARBAGE", append(
        base, tsig_record(rdata[:21] + b"\xff\xff" + rdata[23:])
    )
    yield "algorithm compressed", 0, "DNS_GARBAGE", append(
        base, tsig_record(b"\xc0\x0c" + rdata[13:])
    )
    for what, target in (
        ("itself", end),
        ("forward", end + 2),
        ("the header", 4),
        ("beyond the end", 0x3FFF),
    ):
        pointer = struct.pack("!H", 0xC000 | target)
        yield f"owner points to {what}", 0, "DNS_GARBAGE", append(
            base, tsig_record(rdata, owner=pointer)
        )


def print_answers():
    print("/* Answers to the query that SHA256 signed. */")
    print("static const struct answer_row {\n\tconst char *name;")
    print("\tint ahead; /* our clock, in seconds */\n\tenum err want;")
    print("\tconst char *answer;\n} answer_rows[] = {")
    for name, ahead, want, wire in answers():
        print(f'\t{{ "{name}", {ahead}, ERR_{want},')
        print(hex_literal(wire) + " },")
    print("};\n")


def print_tsig():
    print_head("tsig")
    print('#include "ddnsgate/dns/tsig_key.h"\n\n// clang-format off')
    print(f"#define VECTOR_NOW UINT64_C({NOW})")
    print(f'#define VECTOR_SECRET "{SECRET.decode()}"')
    print(f'#define VECTOR_KEY "{KEY_NAME}"\n')
    print("/* The query for h1.dyn.example.org A. */")
    print("#define VECTOR_QUERY \\")
    query = hex_literal(the_query().to_wire(), "\t")
    print(query.replace("\n", " \\\n") + "\n")
    print_algorithms()
    print_answers()
    print("// clang-format on\n\n#endif")


# The tables of message_test.c

# Of certificates
VALUE = "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW-w"
THIRD_VALUE = VALUE[::-1]
OTHER_VALUE = "ZTRx1Ckl1-tM05o5zaizTTA0yUy5AGereMgSNWC6Ll8"


def updates():
    """Name and UPDATE, in the order of the rows of message_test.c."""
    zone = "dyn.example.org."
    h1 = "h1." + zone
    h2 = "h2.sub." + zone
    txt = "_acme-challenge." + h1

    def new():
        return dns.update.UpdateMessage(zone, id=ID)

    def replace(update, name, ttl, family, addr):
        update.delete(name, family)
        update.add(name, ttl, family, addr)

    one = new()
    one.absent(h1, "CNAME")
    replace(one, h1, 60, "A", "192.0.2.1")
    yield "SET_V4", one

    both = new()
    both.absent(h1, "CNAME")
    replace(both, h1, 60, "A", "192.0.2.1")
    replace(both, h1, 60, "AAAA", "2001:db8::1")
    yield "SET_BOTH", both

    remove = new()
    remove.delete(h1, "A")
    remove.delete(h1, "AAAA")
    yield "REMOVE_BOTH", remove

    mixed = new()
    mixed.absent(h1, "CNAME")
    mixed.delete(h1, "A")
    replace(mixed, h1, 60, "AAAA", "2001:db8::1")
    yield "REMOVE_V4_SET_V6", mixed

    two = new()
    two.absent(h1, "CNAME")
    two.absent(h2, "CNAME")
    replace(two, h1, 60, "A", "192.0.2.1")
    replace(two, h2, 86400, "A", "192.0.2.2")
    yield "TWO_HOSTS", two

    only_new = new()
    only_new.absent(h1, "CNAME")
    only_new.absent(h1, "AAAA")
    only_new.delete(h1, "A")
    replace(only_new, h1, 60, "AAAA", "2001:db8::1")
    yield "ONLY_NEW", only_new

    wildcard = new()
    wildcard.absent("*." + zone, "CNAME")
    replace(wildcard, "*." + zone, 60, "A", "192.0.2.1")
    yield "WILDCARD", wildcard

    add = new()
    add.absent(txt, "CNAME")
    add.add(txt, 60, "TXT", VALUE)
    yield "TXT_ADD", add

    room = new()
    room.absent(txt, "CNAME")
    room.delete(txt, "TXT", OTHER_VALUE)
    room.delete(txt, "TXT", THIRD_VALUE)
    room.add(txt, 60, "TXT", VALUE)
    yield "TXT_MAKE_ROOM", room

    remove = new()
    remove.delete(txt, "TXT", VALUE)
    yield "TXT_REMOVE", remove

    remove_all = new()
    remove_all.delete(txt, "TXT")
    yield "TXT_REMOVE_ALL", remove_all

    for name, data in (("TXT", ('""',)), ("ALL", ('""', "0.0.0.0", "::"))):
        probe = new()
        probe.absent(zone)
        for text in data:
            family = "TXT" if '"' in text else "AAAA" if ":" in text else "A"
            probe.delete(h1, family, text)
        yield "PROBE_" + name, probe

    absence = new()
    absence.absent(txt, "TXT")
    absence.delete(txt, "TXT", '""')
    yield "ABSENCE_TXT", absence

    for name, addrs in (("BOTH", ("0.0.0.0", "::")), ("V6", ("::",))):
        probe = new()
        probe.absent(zone)
        for addr in addrs:
            probe.delete(h1, "AAAA" if ":" in addr else "A", addr)
        yield "PROBE_" + name, probe


def queries():
    for what, name, family in (
        ("V4", "h1.dyn.example.org", "A"),
        ("V6", "h1.dyn.example.org", "AAAA"),
        ("WILDCARD", "*.dyn.example.org", "A"),
        ("TXT", "_acme-challenge.h1.dyn.example.org", "TXT"),
    ):
        query = dns.message.make_query(name, family, id=ID)
        query.flags = 0
        yield what, query


NAME = "h1.dyn.example.org."
A = f"{NAME} 60 IN A 192.0.2.1"
AAAA = f"{NAME} 60 IN AAAA 2001:db8::1"
SOA = "dyn.example.org. 60 IN SOA ns.example. root.example. 1 2 3 4 5"


def reply(*answer, family="A", flags="QR AA", rcode="NOERROR", authority=()):
    lines = [f"id {ID}", f"rcode {rcode}", f"flags {flags}", ";QUESTION"]
    lines += [f"{NAME} IN {family}", ";ANSWER", *answer]
    lines += [";AUTHORITY", *authority]
    return dns.message.from_text("\n".join(lines), one_rr_per_rrset=True)


def resized(addr, extra):
    """The answer's last address with bytes more or fewer."""
    wire = reply(addr, family=addr.split()[3]).to_wire()
    size = 4 if " A " in addr else 16
    rdata = (wire[-size:] + bytes(16))[: size + extra]
    return wire[: -size - 2] + struct.pack("!H", size + extra) + rdata


def rrsets():
    """Name, family, outcome, count, first address, TTL, CNAME?, answer."""
    many = [f"{NAME} 60 IN A 192.0.2.{i + 1}" for i in range(20)]

    def row(name, wire, count=0, first="", ttl=0, cname=0, family=4, err="OK"):
        if not isinstance(wire, bytes):
            wire = wire.to_wire(max_size=65535)
        return name, family, err, count, first, ttl, cname, wire

    one = {"count": 1, "first": "192.0.2.1", "ttl": 60}
    six = {"count": 1, "first": "2001:db8::1", "ttl": 60, "family": 6}
    bad = {"err": "DNS_GARBAGE"}
    yield row("one A", reply(A), **one)
    yield row("one AAAA", reply(AAAA, family="AAAA"), **six)
    yield row("upper case", reply(A.replace("h1.dyn", "H1.dYn")), **one)
    yield row("no data", reply(authority=[SOA]))
    yield row("no such name", reply(rcode="NXDOMAIN", authority=[SOA]))
    yield row("two", reply(A, many[1]), **{**one, "count": 2})
    yield row("twenty", reply(*many), **{**one, "count": 20})
    low = [addr.replace(" 60 ", " 30 ") for addr in many]
    two = {**one, "count": 2, "ttl": 30}
    yield row("TTLs differ", reply(many[0], low[1]), **two)
    yield row("the first TTL lower", reply(low[0], many[1]), **two)
    zero = A.replace(" 60 ", " 0 ")
    yield row("TTL 0", reply(zero), **{**one, "ttl": 0})
    day = A.replace(" 60 ", " 86400 ")
    yield row("other TTL", reply(day), **{**one, "ttl": 86400})
    cname = f"{NAME} 60 IN CNAME other.example."
    yield row("a CNAME", reply(cname), cname=1)
    foreign = "other.example. 60 IN A 192.0.2.9"
    yield row("a CNAME and its target", reply(cname, foreign), cname=1)
    yield row("another's CNAME", reply(cname.replace("h1", "h2"), A), **one)
    yield row("another's address", reply(foreign))
    yield row("another's first", reply(foreign, A), **one)
    yield row("a longer name", reply(f"x.{NAME} 60 IN A 192.0.2.9"))
    yield row("the other family", reply(AAAA))
    times = "20300101000000 20200101000000"
    sig = f"{NAME} 60 IN RRSIG A 13 4 60 {times} 1 example. AAAA"
    yield row("signed", reply(A, sig), **one)
    chaos = reply(A).to_wire()
    chaos = chaos[:-12] + b"\0\3" + chaos[-10:]
    yield row("class CH", chaos)
    yield row("not authoritative", reply(A, flags="QR"), err="DNS_LAME")
    for family, addr in ((4, A), (6, AAAA)):
        size = {4: 4, 6: 16}[family]
        for extra in (-size, -1, 1, size):
            yield row(
                f"an IPv{family} address of {size + extra} bytes",
                resized(addr, extra),
                family=family,
                **bad,
            )
    whole = reply(A).to_wire()
    yield row("cut in the address", whole[:-1], **bad)
    yield row("cut in the question", whole[:20], **bad)
    yield row("a header only", whole[:12], **bad)
    yield row("nothing", b"", **bad)
    yield row("an answer too many", with_header(whole, an=2), **bad)
    yield row("65535 answers", with_header(whole, an=65535), **bad)
    looped = whole[:36] + struct.pack("!H", 0xC000 | 36) + whole[38:]
    yield row("owner points to itself", looped, **bad)
    padded = whole + bytes(4096 - len(whole))
    yield row("4096 bytes", padded, **one)
    yield row("4097 bytes", padded + b"\0", **bad)


def print_rrsets():
    print("static const struct rrset_row {\n\tconst char *name;")
    print("\tenum ipaddr_family family;\n\tenum err want;\n\tsize_t count;")
    print("\tconst char *first;\n\tuint32_t ttl;\n\tbool cname;")
    print("\tsize_t len; /* with the zeros at the end */")
    print("\tconst char *answer;\n} rrset_rows[] = {")
    for name, family, err, count, first, ttl, cname, wire in rrsets():
        cname = "true" if cname else "false"
        print(f'\t{{ "{name}", IPADDR_V{family}, ERR_{err}, {count},')
        print(f'\t  "{first}", {ttl}, {cname}, {len(wire)},')
        print(hex_literal(wire.rstrip(b"\0")) + " },")
    print("};\n")


def resized_txt(wire, length, rdata):
    """The answer whose last record has this RDATA, said to be so long."""
    size = len(VALUE) + 1
    return wire[: -size - 2] + struct.pack("!H", length) + rdata


def txts():
    """Name, outcome, count, values, answer."""

    def row(name, wire, count=0, values=(), err="OK"):
        if not isinstance(wire, bytes):
            wire = wire.to_wire(max_size=65535)
        return name, err, count, values, wire

    def record(data, name=NAME):
        return f"{name} 60 IN TXT {data}"

    def answer(*records):
        return reply(*records, family="TXT")

    one = answer(record(VALUE))
    spf = '"v=spf1 -all"'
    numbered = [f"{i:02}{VALUE[2:]}" for i in range(34)]
    bad = {"err": "DNS_GARBAGE"}
    yield row("one", one, 1, [VALUE])
    yield row("none", reply(family="TXT", authority=[SOA]))
    yield row("no such name", reply(rcode="NXDOMAIN", authority=[SOA]))
    two = answer(record(VALUE), record(OTHER_VALUE))
    yield row("two", two, 2, [VALUE, OTHER_VALUE])
    mixed = answer(record(spf), record(VALUE), record(f'"{VALUE}="'))
    yield row("others' records", mixed, 3, ["", VALUE, ""])
    yield row("42 characters", answer(record(VALUE[1:])), 1, [""])
    strings = [VALUE[:20], VALUE[20:]]
    split = answer(record(" ".join(f'"{part}"' for part in strings)))
    yield row("in two strings", split, 1, [""])
    more = answer(record(f'"{VALUE}" "more"'))
    yield row("a string behind it", more, 1, [""])
    empty = answer(record(f'"{VALUE}" ""'))
    yield row("an empty string behind it", empty, 1, [""])
    yield row("an empty string", answer(record('""')), 1, [""])
    yield row("255 characters", answer(record("x" * 255)), 1, [""])
    nul = one.to_wire().replace(b"XcK", b"X\0K")
    yield row("a NUL in it", nul, 1, [""])
    yield row("32", answer(*map(record, numbered[:32])), 32, numbered[:32])
    yield row("34", answer(*map(record, numbered)), 34, numbered[:32])
    yield row("another's", answer(record(VALUE, "h2.dyn.example.org.")))
    cname = f"{NAME} 60 IN CNAME other.example."
    target = record(VALUE, "other.example.")
    yield row("a CNAME", answer(cname, target))
    yield row("an address", answer(A))
    lame = reply(record(VALUE), family="TXT", flags="QR")
    yield row("not authoritative", lame, err="DNS_LAME")
    wire = one.to_wire()
    data = wire[-44:]
    yield row("no RDATA", resized_txt(wire, 0, b""), **bad)
    yield row("RDATA cut", wire[:-1], **bad)
    yield row("RDATA beyond the end", resized_txt(wire, 45, data), **bad)
    long = resized_txt(wire, 44, b"\xff" + data[1:])
    yield row("a string beyond its RDATA", long, 1, [""])
    short = resized_txt(wire, 44, b"\x2a" + data[1:])
    yield row("a string that ends before it", short, 1, [""])
    yield row("a header only", wire[:12], **bad)
    yield row("an answer too many", with_header(wire, an=2), **bad)


def print_txts():
    print("static const struct txt_row {\n\tconst char *name;")
    print("\tenum err want;\n\tsize_t count;")
    print("\tconst char *values; /* of those that are kept, joined */")
    print("\tconst char *answer;\n} txt_rows[] = {")
    for name, err, count, values, wire in txts():
        print(f'\t{{ "{name}", ERR_{err}, {count},')
        lines = [f'"{value}|"' for value in values]
        print("\t  " + ("\n\t  ".join(lines) or '""') + ",")
        print(hex_literal(wire) + " },")
    print("};\n")


def print_message():
    print_head("message")
    print('#include "ddnsgate/dns/message.h"\n\n// clang-format off')
    print(f"#define VECTOR_ID {ID:#x}\n")
    print(f'#define VECTOR_VALUE "{VALUE}"')
    print(f'#define VECTOR_OTHER_VALUE "{OTHER_VALUE}"')
    print(f'#define VECTOR_THIRD_VALUE "{THIRD_VALUE}"\n')
    for kind, messages in (("QUERY", queries()), ("UPDATE", updates())):
        for name, message in messages:
            print(f"#define VECTOR_{kind}_{name} \\")
            literal = hex_literal(message.to_wire(), "\t")
            print(literal.replace("\n", " \\\n") + "\n")
    print("/* Answers to queries for h1.dyn.example.org. */")
    print_rrsets()
    print("/* The same, for its TXT records. */")
    print_txts()
    print("// clang-format on\n\n#endif")


if __name__ == "__main__":
    {"tsig": print_tsig, "message": print_message}[sys.argv[1]]()
