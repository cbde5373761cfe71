"""Import names that people type where the project's name is meant, and the project each one belongs to.

This list is deliberate and comes before the popular table. A name stands here when, as a
project on the public index in November 2026, it was absent (so anyone may take it), had no
file, said itself that it only points to the right project, or was unrelated and without a
release for five years. A living project that shares its name with another one's import
(``jwt``, ``multipart``, ``snappy`` ...) does not belong here, however often it is confused.
"""

from collections.abc import Mapping

from onward.core.names import Name

_ABSENT = """
amazon-paapi python-amazon-paapi, allauth django-allauth, bluetooth pybluez, cairo pycairo,
cinderclient python-cinderclient, ckeditor django-ckeditor, constance django-constance,
corsheaders django-cors-headers, cpuinfo py-cpuinfo, crispy-forms django-crispy-forms,
cryptodome pycryptodomex, cuda cuda-python, cv2 opencv-python, dateutil python-dateutil,
dbus dbus-python, debian python-debian, debug-toolbar django-debug-toolbar,
digitalocean python-digitalocean, django-filters django-filter, engineio python-engineio,
git gitpython, glanceclient python-glanceclient, googleapiclient google-api-python-client,
gridfs pymongo, hcl2 python-hcl2, heatclient python-heatclient, ibm-db-dbi ibm-db,
imagekit django-imagekit, lzo python-lzo, markdown-it markdown-it-py, mdx-math python-markdown-math,
model-utils django-model-utils, mpl-toolkits matplotlib, mptt django-mptt, mysqldb mysqlclient,
neutronclient python-neutronclient, nmap python-nmap, novaclient python-novaclient, opengl pyopengl,
openid python-openid, openssl pyopenssl, openstack openstacksdk,
phonenumber-field django-phonenumber-field, pkg-resources setuptools, polymorphic django-polymorphic,
pptx python-pptx, pylab matplotlib, pylsp python-lsp-server, pythoncom pywin32,
pythonjsonlogger python-json-logger, pywintypes pywin32, pywt pywavelets,
rest-framework djangorestframework, rpi rpi-gpio, ruamel ruamel-yaml, saml2 pysaml2,
serial-asyncio pyserial-asyncio, shapefile pyshp, simple-history django-simple-history,
skbio scikit-bio, skopt scikit-optimize, sksparse scikit-sparse, social-core social-auth-core,
social-django social-auth-app-django, sorl sorl-thumbnail, speech-recognition speechrecognition,
stdnum python-stdnum, swiftclient python-swiftclient, taggit django-taggit, tinymce django-tinymce,
two-factor django-two-factor-auth, uinput python-uinput, umap umap-learn, usb1 libusb1, vlc python-vlc,
widget-tweaks django-widget-tweaks, win32api pywin32, win32com pywin32, win32con pywin32, wx wxpython,
yaml pyyaml
"""

_WITHOUT_FILES = """
anymail django-anymail, augeas python-augeas, compressor django-compressor, consul python-consul,
dns dnspython, keystoneclient python-keystoneclient, magic python-magic, nacl pynacl, pil pillow,
silk django-silk, storages django-storages, tlz toolz
"""

_POINTERS = """
bs4 beautifulsoup4, dotenv python-dotenv, faiss faiss-cpu, fitz pymupdf, hijack django-hijack,
imblearn imbalanced-learn, ldap python-ldap, osgeo gdal, skimage scikit-image, sklearn scikit-learn,
socks pysocks, surprise scikit-surprise, xlib python-xlib, zmq pyzmq
"""

_UNRELATED = """
attr attrs, can python-can, crypto pycryptodome, daemon python-daemon, decouple python-decouple,
docx python-docx, impala impyla, serial pyserial, socketio python-socketio, usb pyusb
"""


def _pairs(*tables: str) -> dict[Name, Name]:
    rows = (row.split() for table in tables for row in table.split(","))
    return {Name(typed): Name(meant) for typed, meant in rows}


IMPORT_NAMES: Mapping[Name, Name] = _pairs(_ABSENT, _WITHOUT_FILES, _POINTERS, _UNRELATED)
"""Import name (normalised) to the name of the project to install."""
