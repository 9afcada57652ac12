"""Messages as they come in the field, rich in what CallGuard reads, and the pieces that break parsers."""


def _wire(text: str, body: str = "") -> bytes:
    octets = body.replace("\n", "\r\n").encode("utf-8")
    head = text.strip().replace("\n", "\r\n").encode("latin-1")
    return head + b"\r\nContent-Length: %d\r\n\r\n" % len(octets) + octets


_SDP = """v=0
o=user 7439022 7439022 IN IP4 192.0.2.1
s=call
c=IN IP4 192.0.2.1
t=0 0
m=audio 7078 RTP/AVP 8 0 2 102 101
a=sendrecv
a=rtpmap:2 G726-32/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
m=video 5000 RTP/SAVP 31
c=IN IP6 2001:db8::1
"""

FRITZBOX_INVITE = _wire(
    """
INVITE sip:x7k2m9q4w1@192.0.2.20:5062;transport=udp SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK5B8E3B9C;rport
Max-Forwards: 70
From: "Dr. Lee" <sip:03023125000@fritz.box>;tag=6F6B3D1A
To: <sip:x7k2m9q4w1@192.0.2.20>
Call-ID: 7C3D1A2B@192.0.2.1
CSeq: 11 INVITE
Contact: <sip:7C3D1A2B@192.0.2.1>
Expires: 120
User-Agent: AVM FRITZ!Box 7590
Supported: 100rel,replaces,timer
P-Called-Party-ID: <sip:30123@fritz.box>
Allow: INVITE,ACK,OPTIONS,CANCEL,BYE
Session-Expires: 600;refresher=uac
Content-Type: application/sdp
""",
    _SDP,
)

CARRIER_INVITE = _wire(
    """
INVITE sip:+13035550100@192.0.2.20 SIP/2.0
Via: SIP/2.0/TLS [2001:db8::5]:5061;branch=z9hG4bKa, SIP/2.0/UDP 192.0.2.7;received=192.0.2.8;rport=5071
From: M\xfcller <sip:+13035550147;npdi@carrier>;tag=1
To: "Guard" <sip:+13035550100@192.0.2.20>
i: c2
CSeq: 2 INVITE
P-Asserted-Identity: "Lee" <sip:+13035550147;verstat=TN-Validation-Passed@c;user=phone>, <tel:+13035550147>
Remote-Party-ID: <sip:3035550147@c>;party=calling;screen=yes;privacy=off
Privacy: id;critical
Diversion: <sip:3035550101@c>;reason=user-busy;counter=1
Priority: psap-callback
History-Info: <sip:3035550101@c?Reason=SIP%3Bcause%3D302>;index=1, <sip:x@h;cause=302>;index=1.1;mp=1
Identity: eyJhbGciOiJFUzI1NiJ9.e30.c2ln;info=<https://c.example/c.pem>;alg=ES256;ppt=shaken
Record-Route: <sip:192.0.2.1;lr>, <sip:192.0.2.2;lr;ftag=1>
StirVerstat: TN-Validation-Passed-A
"""
)

CHALLENGE = _wire(
    """
SIP/2.0 401 Unauthorized
v: SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bKx;rport=5062
f: <sip:guard@pbx.example>;tag=a
t: <sip:guard@pbx.example>;tag=b
i: c3
CSeq: 1 REGISTER
WWW-Authenticate: Digest realm="pbx, \\"x\\"", nonce="n1", qop="auth,auth-int", algorithm=SHA-256, opaque=""
WWW-Authenticate: Digest realm="pbx", nonce="n2", algorithm=MD5-sess, stale=true
"""
)

REGISTERED = _wire(
    """
SIP/2.0 200 OK
v: SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bKx
f: <sip:g@pbx>;tag=a
t: <sip:g@pbx>;tag=b
i: c3
CSeq: 2 REGISTER
m: <sip:x7@192.0.2.9:5062>;expires=300;+sip.instance="<urn:uuid:1>",
 <sip:old@192.0.2.8>;q=0.5
Expires: 600
"""
)

REALISTIC = [FRITZBOX_INVITE, CARRIER_INVITE, CHALLENGE, REGISTERED]

NASTY = [
    *(bytes((mark,)) for mark in b"\"<>;,:@%\\=?&*+[]()/'~#| \t\r\n\0\x7f\xff\xc3"),
    *(b"<<>>", b";;", b"::", b"%00", b"%zz", b'\\"', b"[::1]", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\xd9\xa3"),
    *(b"\r\n", b"\r\n ", b"\r\n\t", b"\n\n", b"\r\n\r\n"),
    *(b"-1", b"0", b"99999999999", b"2147483648", b"1e9"),
    *(b"tel:", b"sips:", b"http:", b"SIP/2.0", b"anonymous", b"Digest ", b"qop=", b"c=IN IP4 "),
    *(b"\r\nVia: SIP/2.0/UDP h", b"\r\nContent-Length: 0", b"\r\nPrivacy: id", b"\r\nl: 5", b"\r\nm: *"),
    b"m=audio 1 RTP/AVP 0\r\n",
]
